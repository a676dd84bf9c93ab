// Sends what standard input asks for with nodemailer, and prints what the server answered.
//   {"transport": {host, port, secure, auth, ...}, "messages": [{from, to, subject, text, ...}]}
import { readFileSync } from "node:fs";
import nodemailer from "nodemailer";

const { transport, messages } = JSON.parse(readFileSync(0, "utf8"));
const sender = nodemailer.createTransport(transport);
const answers = [];
for (const message of messages) {
  try {
    const sent = await sender.sendMail(message);
    answers.push({ response: sent.response, accepted: sent.accepted });
  } catch (error) {
    answers.push({ error: error.message, code: error.responseCode ?? error.code });
  }
}
sender.close();
console.log(JSON.stringify(answers));
