// Programs to paste, with everything filled in that is known.
export interface Place {
  origin: string // "https://mail.example.com"
  host: string
  port: number
  from: string
  token: string
  secretId: string
  secretKey: string
  password: string
  selfSigned: boolean // the sandbox's certificate
}

const to = 'anna@example.com'
const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const single = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'` // as PHP quotes
const js = (text: string) => JSON.stringify(text)

export const curl = (at: Place) => `curl ${at.origin}/api/v1/messages \\
  -H ${shell(`Authorization: Bearer ${at.token}`)} \\
  -H 'Content-Type: application/json' \\
  -d ${shell(JSON.stringify({ from: at.from, to: [to], subject: 'Hello', text: 'Hello, Anna' }))}
`

export const python = (at: Place) => `import json, urllib.request

request = urllib.request.Request(
    ${js(at.origin + '/api/v1/messages')},
    json.dumps({"from": ${js(at.from)}, "to": [${js(to)}],
                "subject": "Hello", "text": "Hello, Anna"}).encode(),
    {"Authorization": ${js(`Bearer ${at.token}`)}, "Content-Type": "application/json"})
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["id"])
`

export const go = (at: Place) => `package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

func main() {
	body, _ := json.Marshal(map[string]any{
		"from": ${js(at.from)}, "to": []string{${js(to)}},
		"subject": "Hello", "text": "Hello, Anna",
	})
	request, _ := http.NewRequest("POST", ${js(at.origin + '/api/v1/messages')}, bytes.NewReader(body))
	request.Header.Set("Authorization", ${js(`Bearer ${at.token}`)})
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(text))
}
`

export const php = (at: Place) => `<?php
$request = curl_init(${single(at.origin + '/api/v1/messages')});
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => [${single(`Authorization: Bearer ${at.token}`)}, 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => json_encode([
        'from' => ${single(at.from)}, 'to' => [${single(to)}],
        'subject' => 'Hello', 'text' => 'Hello, Anna',
    ]),
]);
echo curl_exec($request), "\\n";
`

const region = 'ap-guangzhou'
const place = (at: Place) => at.origin.replace(/^https?:\/\//, '')
const scheme = (at: Place) => at.origin.split(':')[0]

export const tencentGo = (at: Place) => `package main

import (
	"encoding/base64"
	"fmt"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	ses "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/ses/v20201002"
)

func main() {
	settings := profile.NewClientProfile()
	settings.HttpProfile.Scheme = ${js(scheme(at).toUpperCase())}
	settings.HttpProfile.Endpoint = ${js(place(at))}
	client, err := ses.NewClient(common.NewCredential(${js(at.secretId)}, ${js(at.secretKey)}), ${js(region)}, settings)
	if err != nil {
		panic(err)
	}
	request := ses.NewSendEmailRequest()
	request.FromEmailAddress = common.StringPtr(${js(at.from)})
	request.Destination = common.StringPtrs([]string{${js(to)}})
	request.Subject = common.StringPtr("Hello")
	text := base64.StdEncoding.EncodeToString([]byte("Hello, Anna"))
	request.Simple = &ses.Simple{Text: common.StringPtr(text)}
	answer, err := client.SendEmail(request)
	if err != nil {
		panic(err)
	}
	fmt.Println(*answer.Response.MessageId)
}
`

export const tencentPhp = (at: Place) => `<?php
require 'vendor/autoload.php'; // composer require tencentcloud/ses
use TencentCloud\\Common\\Credential;
use TencentCloud\\Common\\Profile\\{ClientProfile, HttpProfile};
use TencentCloud\\Ses\\V20201002\\SesClient;
use TencentCloud\\Ses\\V20201002\\Models\\SendEmailRequest;

$http = new HttpProfile(${single(scheme(at) + '://')}, ${single(place(at))});
$client = new SesClient(new Credential(${single(at.secretId)}, ${single(at.secretKey)}),
    ${single(region)}, new ClientProfile(null, $http));
$request = new SendEmailRequest();
$request->fromJsonString(json_encode([
    'FromEmailAddress' => ${single(at.from)}, 'Destination' => [${single(to)}], 'Subject' => 'Hello',
    'Simple' => ['Text' => base64_encode('Hello, Anna')],
]));
echo $client->SendEmail($request)->getMessageId(), "\\n";
`

export const tencentPython = (at: Place) => `import base64, json
from tencentcloud.common import credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002 import models, ses_client

profile = ClientProfile(httpProfile=HttpProfile(
    protocol=${js(at.origin.split(':')[0])}, endpoint=${js(at.origin.replace(/^https?:\/\//, ''))}))
client = ses_client.SesClient(
    credential.Credential(${js(at.secretId)}, ${js(at.secretKey)}), "ap-guangzhou", profile)
request = models.SendEmailRequest()
request.from_json_string(json.dumps({
    "FromEmailAddress": ${js(at.from)}, "Destination": [${js(to)}], "Subject": "Hello",
    "Simple": {"Text": base64.b64encode(b"Hello, Anna").decode()}}))
print(client.SendEmail(request).MessageId)
`

export const tencentNode = (at: Place) => `const { ses } = require('tencentcloud-sdk-nodejs-ses')

const client = new ses.v20201002.Client({
  credential: { secretId: ${js(at.secretId)}, secretKey: ${js(at.secretKey)} },
  region: 'ap-guangzhou',
  profile: { httpProfile: { protocol: ${js(at.origin.split(':')[0] + '://')}, endpoint: ${js(at.origin.replace(/^https?:\/\//, ''))} } },
})
client.SendEmail({
  FromEmailAddress: ${js(at.from)}, Destination: [${js(to)}], Subject: 'Hello',
  Simple: { Text: Buffer.from('Hello, Anna').toString('base64') },
}).then((answer) => console.log(answer.MessageId))
`

// The sandbox signs its certificate itself, so a sample for it says how to get past that; for a real
// installation a sample checks the certificate.
export const nodemailer = (at: Place) => `const mailer = require('nodemailer').createTransport({
  host: ${js(at.host)}, port: ${at.port},
  requireTLS: true,${at.selfSigned ? `
  tls: { rejectUnauthorized: false }, // the sandbox's certificate is self-signed; leave this out on a real server` : ''}
  auth: { user: ${js(at.from)}, pass: ${js(at.password)} },
})
mailer.sendMail({ from: ${js(at.from)}, to: ${js(to)}, subject: 'Hello', text: 'Hello, Anna' })
  .then((answer) => console.log(answer.response))
`

export const pythonSmtp = (at: Place) => `import smtplib, ssl
from email.message import EmailMessage

message = EmailMessage()
message["From"], message["To"], message["Subject"] = ${js(at.from)}, ${js(to)}, "Hello"
message.set_content("Hello, Anna")
context = ssl.create_default_context()${at.selfSigned ? `
# The sandbox's certificate is self-signed; leave these two lines out on a real server.
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE` : ''}
with smtplib.SMTP(${js(at.host)}, ${at.port}) as server:
    server.starttls(context=context)
    server.login(${js(at.from)}, ${js(at.password)})
    server.send_message(message)
`

export const swaks = (at: Place) => `swaks --server ${at.host}:${at.port} --tls${at.selfSigned ? '' : ' --tls-verify'} --auth PLAIN \\
  --auth-user ${shell(at.from)} --auth-password ${shell(at.password)} \\
  --from ${shell(at.from)} --to ${to}
`

// In a .properties file a backslash begins an escape.
const property = (text: string) => text.replaceAll('\\', '\\\\')

export const spring = (at: Place) => `spring.mail.host=${at.host}
spring.mail.port=${at.port}
spring.mail.username=${property(at.from)}
spring.mail.password=${property(at.password)}
spring.mail.properties.mail.smtp.auth=true
spring.mail.properties.mail.smtp.starttls.required=true
${at.selfSigned ? `# The sandbox's certificate is self-signed; leave these two lines out on a real server.
spring.mail.properties.mail.smtp.ssl.trust=*
spring.mail.properties.mail.smtp.ssl.checkserveridentity=false
` : `spring.mail.properties.mail.smtp.ssl.checkserveridentity=true
`}`
