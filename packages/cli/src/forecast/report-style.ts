export const reportStyle = `
:root{color-scheme:light dark;--ink:#1d2329;--faint:#5b6670;--rule:#dfe4e8;--paper:#fff;--soft:#f4f6f8;--warn:#8a4b00}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9aa7b3;--rule:#30363d;--paper:#0d1117;--soft:#161b22;--warn:#ffb86b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:56rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.15rem;margin:2.5rem 0 .5rem}
p{margin:.5rem 0}
.faint{color:var(--faint)}
.verdict{font-size:1.1rem;padding:.75rem 1rem;background:var(--soft);border-radius:.5rem}
.warnings{color:var(--warn);padding-left:1.2rem}
dl{margin:.75rem 0;color:var(--faint);font-size:.9rem}
dt{float:left;margin-right:.4rem;color:var(--ink)}
dt::after{content:":"}
dd{margin:0 0 .15rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;overflow-wrap:normal}
th,td{padding:.3rem .9rem .3rem 0;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--faint)}
th:first-child,td:first-child{text-align:left}
tr.model td{font-weight:600}
figure{margin:1rem 0}
.unrolled-chart{display:block;max-width:100%;height:auto}
.narrow{display:none}
@media (max-width:40rem){.narrow{display:block}.wide{display:none}th,td{padding-right:.5rem;font-size:.82rem}.scores td:first-child{white-space:normal;min-width:5rem}}
details{margin-top:1rem}
summary{cursor:pointer;font-weight:600}
code{font-family:ui-monospace,monospace;font-size:.92em}
@media print{.narrow{display:none}.wide{display:block}}
`;
