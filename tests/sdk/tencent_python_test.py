"""tencentcloud-sdk-python-ses, unmodified: from a domain to a mail in the inbox, and its errors."""
import sdk
import tap
import tencent_story
from tencent_story import FLAT, UNSIGNED

tencent_story.tell("Python", sdk.python, "TencentCloudSDKException", FLAT + UNSIGNED)
tap.done()
