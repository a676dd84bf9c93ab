// Calls of the Go SDK's newest common client, which takes any action by its name, as standard input
// asks for; prints what came of each. The same order and answers as tencent_nodejs.mjs.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

type order struct {
	Endpoint   string              `json:"endpoint"`
	SecretID   string              `json:"secret_id"`
	SecretKey  string              `json:"secret_key"`
	Region     string              `json:"region"`
	Language   string              `json:"language"`
	Method     string              `json:"method"`
	SignMethod string              `json:"sign_method"`
	Unsigned   bool                `json:"unsigned_payload"`
	Calls      [][]json.RawMessage `json:"calls"`
}

func newClient(o order) *common.Client {
	p := profile.NewClientProfile()
	p.HttpProfile.Endpoint = o.Endpoint
	p.HttpProfile.Scheme = "HTTP"
	p.UnsignedPayload = o.Unsigned
	if o.Language != "" {
		p.Language = o.Language
	}
	if o.Method != "" {
		p.HttpProfile.ReqMethod = o.Method
	}
	if o.SignMethod != "" {
		p.SignMethod = o.SignMethod
	}
	return common.NewCommonClient(common.NewCredential(o.SecretID, o.SecretKey), o.Region, p)
}

func call(client *common.Client, action string, parameters json.RawMessage) map[string]interface{} {
	request := tchttp.NewCommonRequest("ses", "2020-10-02", action)
	var given map[string]interface{}
	if err := json.Unmarshal(parameters, &given); err != nil {
		return failure(err)
	}
	if err := request.SetActionParameters(given); err != nil {
		return failure(err)
	}
	response := tchttp.NewCommonResponse()
	if err := client.Send(request, response); err != nil {
		return failure(err)
	}
	var envelope struct{ Response json.RawMessage }
	if err := json.Unmarshal(response.GetBody(), &envelope); err != nil {
		return failure(err)
	}
	return map[string]interface{}{"result": envelope.Response}
}

func failure(err error) map[string]interface{} {
	said := map[string]string{"kind": fmt.Sprintf("%T", err), "message": err.Error()}
	if sdk, ok := err.(*errors.TencentCloudSDKError); ok {
		said = map[string]string{"kind": "TencentCloudSDKError", "code": sdk.GetCode(),
			"message": sdk.GetMessage(), "request_id": sdk.GetRequestId()}
	}
	return map[string]interface{}{"error": said}
}

func main() {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		panic(err)
	}
	client := newClient(o)
	answers := []interface{}{}
	for _, one := range o.Calls {
		var action string
		if err := json.Unmarshal(one[0], &action); err != nil {
			panic(err)
		}
		answers = append(answers, call(client, action, one[1]))
	}
	text, _ := json.Marshal(answers)
	fmt.Println(string(text))
}
