// Calls of the Go SDK's typed client, as standard input asks for; prints what came of each. The
// same order and answers as tencent_nodejs.mjs. The method of an action is found by its name.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	ses "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ses/v20201002"
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

func newClient(o order) (*ses.Client, error) {
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
	return ses.NewClient(common.NewCredential(o.SecretID, o.SecretKey), o.Region, p)
}

// What NewXRequest() of the SDK gives, by action.
var requests = map[string]func() interface{}{
	"CreateEmailIdentity": func() interface{} { return ses.NewCreateEmailIdentityRequest() },
	"GetEmailIdentity":    func() interface{} { return ses.NewGetEmailIdentityRequest() },
	"UpdateEmailIdentity": func() interface{} { return ses.NewUpdateEmailIdentityRequest() },
	"ListEmailIdentities": func() interface{} { return ses.NewListEmailIdentitiesRequest() },
	"DeleteEmailIdentity": func() interface{} { return ses.NewDeleteEmailIdentityRequest() },
	"CreateEmailAddress":  func() interface{} { return ses.NewCreateEmailAddressRequest() },
	"ListEmailAddress":    func() interface{} { return ses.NewListEmailAddressRequest() },
	"DeleteEmailAddress":  func() interface{} { return ses.NewDeleteEmailAddressRequest() },
	"SendEmail":           func() interface{} { return ses.NewSendEmailRequest() },
}

func call(client *ses.Client, action string, parameters json.RawMessage) map[string]interface{} {
	make, known := requests[action]
	if !known {
		return map[string]interface{}{"absent": action}
	}
	request := make()
	if err := json.Unmarshal(parameters, request); err != nil {
		return failure(err)
	}
	method := reflect.ValueOf(client).MethodByName(action)
	out := method.Call([]reflect.Value{reflect.ValueOf(request)})
	if err, failed := out[1].Interface().(error); failed {
		return failure(err)
	}
	var envelope struct{ Response json.RawMessage }
	text, _ := json.Marshal(out[0].Interface())
	if err := json.Unmarshal(text, &envelope); err != nil {
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
	client, err := newClient(o)
	if err != nil {
		panic(err)
	}
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
