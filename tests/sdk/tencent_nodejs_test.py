"""tencentcloud-sdk-nodejs-ses, unmodified: from a domain to a mail in the inbox, and its errors."""
import sdk
import tap
import tencent_story

tencent_story.tell("Node.js", sdk.nodejs, "TencentCloudSDKHttpException")
tap.done()
