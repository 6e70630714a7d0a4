import { describe, expect, it } from "vitest";
import { dailyCsv, Place, tiny } from "./support/cli.js";

async function reportOf(column: string): Promise<string> {
  const place = new Place().write("my.csv", dailyCsv(120, `"${column.replaceAll('"', '""')}"`));
  const { code } = await place.run(["forecast", "my.csv", "--out=there", ...tiny]);
  expect(code).toBe(0);
  return place.read("there", "report.html");
}

describe("report.html", () => {
  it("needs nothing from elsewhere and no script", async () => {
    const html = await reportOf("sales");
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\s(?:src|href|srcset)\s*=/i);
    expect(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:/);
    expect(html).toContain("default-src 'none'");
  });

  it("holds the scores, the charts, the forecast and the settings", async () => {
    const html = await reportOf("sales");
    expect(html.match(/<svg /g)).toHaveLength(6);
    expect(html).toContain("<td>weekly naive</td>");
    expect(html).toContain("<td>2023-05-07</td>");
    expect(html).toContain("<td>--hidden-size</td><td>4</td>");
    expect(html).toMatch(/By mean absolute error, the (LSTM|first guess) /);
    expect(html).toContain("Season 7: the dates are daily.");
  });

  it("shows a column's name as text, whatever it holds", async () => {
    const nasty = `</title><img src=x onerror="alert('1')">&amp;`;
    const html = await reportOf(nasty);
    expect(html).not.toContain("<img");
    expect(html).toContain(
      "<h1>Forecast of &lt;/title&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;</h1>",
    );
    expect(html.match(/<\/title>/g)).toHaveLength(1);
  });
});
