"""Calls of tencentcloud-sdk-python-ses, as standard input asks for; prints what came of each. The
same order and answers as tencent_nodejs.mjs."""
import json
import sys

from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002 import models, ses_client


def client_of(order):
    http = HttpProfile(endpoint=order["endpoint"], reqMethod=order.get("method", "POST"))
    http.scheme = "http"
    profile = ClientProfile(httpProfile=http, language=order.get("language", "zh-CN"))
    profile.unsignedPayload = order.get("unsigned_payload", False)
    if "sign_method" in order:
        profile.signMethod = order["sign_method"]
    return ses_client.SesClient(credential.Credential(order["secret_id"], order["secret_key"]),
                                order.get("region"), profile)


def call(client, action, parameters):
    request = getattr(models, action + "Request")()
    request.from_json_string(json.dumps(parameters))
    try:
        return {"result": json.loads(getattr(client, action)(request).to_json_string())}
    except TencentCloudSDKException as error:
        return {"error": {"kind": type(error).__name__, "code": error.get_code(),
                          "message": error.get_message(), "request_id": error.get_request_id()}}


def main():
    order = json.load(sys.stdin)
    client = client_of(order)
    print(json.dumps([call(client, *one) for one in order["calls"]]))


if __name__ == "__main__":
    main()
