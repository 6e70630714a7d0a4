import { writeFile } from "node:fs/promises";
import { Generator, randn } from "unrolled";

// Ten years of monthly sales: a trend, a season of twelve months, and noise
const noise = randn([120], { generator: new Generator(7) }).dataSync();
const rows = Array.from({ length: 120 }, (_, month) => {
  const date = `${2015 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-01`;
  const sales = 200 + 1.5 * month + 40 * Math.sin((2 * Math.PI * month) / 12) + 6 * noise[month];
  return `${date},${sales.toFixed(1)}`;
});
await writeFile("sales.csv", ["date,sales", ...rows, ""].join("\n"));
console.log(rows.slice(0, 2).join("\n"));
