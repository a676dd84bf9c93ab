module posthouse.example/tests/sdk/tencent_go_common

go 1.19

require github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.209
