"""tencentcloud-sdk-go, unmodified: from a domain to a mail in the inbox, and its errors. Its typed
client is of the last version that is one module; its newest common client has every action by
name, and sends parameters as JSON only."""
import sdk
import tap
import tencent_story
from tencent_story import FLAT, UNSIGNED

tencent_story.tell("Go", sdk.go, "TencentCloudSDKError", FLAT + UNSIGNED)
tencent_story.tell("Go, common client", lambda: sdk.go("tencent_go_common"),
                   "TencentCloudSDKError", UNSIGNED)
tap.done()
