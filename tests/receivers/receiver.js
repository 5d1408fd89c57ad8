// Receives Infocaller's events and queries. Run: npm install express fast-xml-parser, then INFOCALLER_PASSWORD=3956 PORT=8000 node receiver.js
const crypto = require('node:crypto');
const express = require('express');
const { XMLParser, XMLValidator } = require('fast-xml-parser');

// As bytes: express.urlencoded would decode ISO-8859-1 as UTF-8, and every accent would be lost
function bytesOf(body) {
  const field = body.toString('latin1').split('&').find((one) => one.startsWith('apiInfocaller=')) ?? '';
  const value = field.slice('apiInfocaller='.length).replaceAll('+', ' ');
  return Buffer.from(value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1');
}

// UTF-8 if the bytes are, else ISO-8859-1, whatever a label says
function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

const parser = new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true, isArray: (name) => name === 'CustVar' });
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const xml = (text) => text.replace(/[&<>"']/g, (character) => escapes[character]);

function answer(response, json, status, result, words, variables = {}) {
  response.status(status);
  const list = Object.entries(variables);
  if (json) {
    const CustVar = list.map(([VarName, VarValue]) => ({ VarName, VarValue }));
    response.json({ ApiCall: { Status: { Result: result, ResultText: words }, CustVars: { CustVar } } });
    return;
  }
  const parts = list.map(([name, value]) => `<CustVar><VarName>${xml(name)}</VarName><VarValue>${xml(value)}</VarValue></CustVar>`);
  response.type('text/xml').send(
    `<ApiCall xmlns="http://tempuri.org/"><Status><Result>${result}</Result><ResultText>${xml(words)}</ResultText></Status>` +
      `<CustVars>${parts.join('')}</CustVars></ApiCall>`,
  );
}

const app = express();
app.use(express.raw({ type: '*/*', limit: '1mb' }));
app.post('*path', (request, response) => {
  const text = textOf(bytesOf(request.body));
  const json = text.trimStart().startsWith('{');
  let call;
  try {
    // The parser itself reads over what is cut off
    if (text.includes('\0') || (!json && XMLValidator.validate(text) !== true)) throw new Error('no document');
    call = (json ? JSON.parse(text) : parser.parse(text)).ApiCall;
    // Line, call id and telephone password, in ISO-8859-1; it proves line and call id, nothing else
    const { LineNumber, CallSequence, Signature } = call.UserID;
    const expected = crypto.createHash('md5').update(LineNumber + CallSequence + process.env.INFOCALLER_PASSWORD, 'latin1').digest();
    const given = Buffer.from(Signature, 'hex');
    if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
      return answer(response, json, 403, '1', 'wrong signature');
    }
  } catch {
    return answer(response, json, 400, '1', 'not readable');
  }
  if (!call.Infocaller?.QueryName?.trim()) return response.end(); // an event: any 2xx will do
  const variables = Object.fromEntries((call.CustVars?.CustVar ?? []).map((one) => [one.VarName, one.VarValue]));
  return answer(response, json, 200, '0', 'OK', { ECO: variables.NOMBRE ?? '' });
});
// What express itself refuses, as a body that is too large: without this it shows a stack trace to whoever sent it
app.use((error, request, response, next) => answer(response, false, error.status ?? 500, '1', 'not readable'));
app.listen(process.env.PORT, '127.0.0.1');
