// Plays QTI 3 items in headless Chromium by @citolab/qti-components: node qti_player.mjs MODULES CASES.json
// CASES.json: [{"xml": …, "responses": {"R1": "2.5", …}}, …]; prints [{"score": …, "entries": …, "errors": […]}, …].
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [modules, file] = process.argv.slice(2);
const { chromium } = createRequire(join(resolve(modules), "x.js"))("playwright-core");
const script = readFileSync(join(modules, "@citolab/qti-components/cdn/index.global.js"));
const page_text = `<!doctype html><meta charset="utf-8"><script src="/player.js"></script><qti-item><item-container></item-container></qti-item>`;
const server = createServer((request, response) => {
  response.writeHead(200, { "content-type": request.url === "/player.js" ? "text/javascript" : "text/html" });
  response.end(request.url === "/player.js" ? script : page_text);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), "qti-")), {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage();
let errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const found = [];
for (const { xml, responses } of JSON.parse(readFileSync(file, "utf8"))) {
  errors = [];
  // Another text each time, or the same item would go on with its answers.
  const anew = xml.replace("</qti-assessment-item>", `<!-- ${found.length} --></qti-assessment-item>`);
  const result = await page.evaluate(async ({ xml, responses }) => {
    const container = document.querySelector("item-container");
    const shown = () => container.shadowRoot?.querySelector("qti-assessment-item");
    const before = shown();
    container.itemXML = xml;
    for (let i = 0; i < 1000 && (!shown() || shown() === before); i++) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, 30));
    const item = shown();
    const entries = [...item.querySelectorAll("qti-text-entry-interaction")];
    for (const entry of entries) {
      const text = responses[entry.getAttribute("response-identifier")];
      if (text === undefined) continue;
      const field = entry.shadowRoot.querySelector("input");
      field.value = text;
      for (const kind of ["input", "keyup", "change", "blur"]) field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    await new Promise((done) => setTimeout(done, 10));
    item.processResponse();
    const outcome = (name) => Number(item.getOutcome(name)?.value);
    return { score: outcome("SCORE"), most: outcome("MAXSCORE"), entries: entries.length, title: item.title };
  }, { xml: anew, responses });
  found.push({ ...result, errors });
}
console.log(JSON.stringify(found));
await browser.close();
server.close();
