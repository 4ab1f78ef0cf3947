// Opens pages in headless Chromium and prints as JSON: axe-core's findings for each in light, dark, narrow and print,
// every request of a page for another address, and the browser's errors.
// node browser.mjs CHROMIUM FOLDER PAGE...: with a FOLDER other than "-", screenshots are written there.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.cwd(), "ci", "node", "x.js"));
const puppeteer = require("puppeteer-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [chromium, folder, ...pages] = process.argv.slice(2);
const VIEWS = {
  light: { width: 1280, scheme: "light" },
  dark: { width: 1280, scheme: "dark" },
  narrow: { width: 320, scheme: "light" },
  print: { width: 1000, scheme: "light", media: "print" },
};

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
const found = [];
for (const file of pages) {
  for (const [view, { width, scheme, media }] of Object.entries(VIEWS)) {
    const page = await browser.newPage();
    const requests = [];
    const complaints = [];
    const url = pathToFileURL(path.resolve(file)).href;
    page.on("request", (request) => request.url() !== url && requests.push(request.url()));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("dialog", (dialog) => { complaints.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
    await page.setViewport({ width, height: 800 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    if (media) await page.emulateMediaType(media);
    await page.goto(url, { waitUntil: "load" });
    const duplicates = await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
      return ids.filter((id, at) => ids.indexOf(id) !== at);
    });
    const dangling = await page.evaluate(() =>
      [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute("href").slice(1))
        .filter((id) => !document.getElementById(decodeURIComponent(id))));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (folder !== "-") await page.screenshot({ path: path.join(folder, `${path.basename(file, ".html")}-${view}.png`) });
    await page.evaluate(axe); // the policy does not apply to the debugger
    const { violations } = await page.evaluate(() => axe.run(document));
    found.push({ file, view, requests, complaints, duplicates, dangling, wide,
      axe: violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.slice(0, 3).map((n) => n.html.slice(0, 200)) })) });
    await page.close();
  }
}
await browser.close();
console.log(JSON.stringify(found));
