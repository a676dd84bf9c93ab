// Calls of tencentcloud-sdk-nodejs-ses, as standard input asks for; prints what came of each.
//   {"endpoint", "secret_id", "secret_key", "region", "calls": [[action, parameters]]}
//   -> [{"result": {...}} or {"error": {"kind", "code", "message", "request_id"}}]
import { readFileSync } from "node:fs";
import tencentcloud from "tencentcloud-sdk-nodejs-ses";

const order = JSON.parse(readFileSync(0, "utf8"));
const client = new tencentcloud.ses.v20201002.Client({
  credential: { secretId: order.secret_id, secretKey: order.secret_key },
  region: order.region,
  profile: {
    language: order.language,
    httpProfile: {
      endpoint: order.endpoint,
      protocol: "http://",
      reqMethod: order.method ?? "POST",
    },
    signMethod: order.sign_method,
  },
});
const answers = [];
for (const [action, parameters] of order.calls) {
  try {
    answers.push({ result: await client[action](parameters) });
  } catch (error) {
    answers.push({
      error: {
        kind: error.constructor.name,
        code: error.code,
        message: error.message,
        request_id: error.requestId,
      },
    });
  }
}
console.log(JSON.stringify(answers));
