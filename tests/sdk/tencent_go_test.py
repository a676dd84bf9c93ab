"""tencentcloud-sdk-go, unmodified: from a domain to a mail in the inbox, and its errors. Its typed
client is of the last version that registries have in one module; its newest common client has
every action by name."""
import sdk
import tap
import tencent_story

tencent_story.tell("Go", sdk.go, "TencentCloudSDKError")
tencent_story.tell("Go, common client", lambda: sdk.go("tencent_go_common"),
                   "TencentCloudSDKError")
tap.done()
