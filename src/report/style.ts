// The report's style sheet.

/** Colours of the light page, then of the dark one. Text on any of their grounds has a contrast of 4.5 or more. */
const light = `
  --ground: #f5f6f8; --card: #fff; --line: #e1e5ea; --ink: #18212c; --quiet: #566270; --accent: #1f5fbf;
  --fill: #e4edfa; --land: #ebebeb; --border: #fff; --city: #0a1c3a; --alarm: #a8321f;
  --q1: #c9dcf7; --q2: #abc8f0; --q3: #8bb0e6; --q4: #6c98da; --q5: #4c7dca; --q6: #2f5fae;`
const dark = `
  --ground: #0f1318; --card: #171c23; --line: #2a323c; --ink: #e7ebf0; --quiet: #9ba7b4; --accent: #7fb0f5;
  --fill: #1e3557; --land: #34363a; --border: #171c23; --city: #fff; --alarm: #ff9a85;
  --q1: #213b69; --q2: #274b85; --q3: #2f5ca0; --q4: #3c6fba; --q5: #5188d4; --q6: #7aaaf0;`

/** System fonts, one accent, figures of one width. */
export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink); font-variant-numeric: tabular-nums;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 clamp(16px, 3vw, 36px); }
header { padding-top: clamp(24px, 4vw, 44px); padding-bottom: 20px; }
h1 { margin: 0 0 4px; font-size: clamp(26px, 3.4vw, 36px); line-height: 1.15; letter-spacing: -0.02em; }
header p { margin: 0; color: var(--quiet); overflow-wrap: anywhere; }
header b { color: var(--ink); font-weight: 600; }
section { margin: 0 0 36px; }
h2 { margin: 0 0 12px; font-size: 19px; line-height: 1.3; letter-spacing: -0.01em; }
h3, caption, figcaption { font-size: 14px; font-weight: 600; line-height: 1.4; text-align: left; }
h3 { margin: 0 0 8px; }
p { margin: 0; }
a { color: var(--accent); }
code { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 0 0 16px; min-width: 0; }
.columns { display: grid; gap: 16px; align-items: start; margin-bottom: 16px; }
.columns > * { margin: 0; }
@media (min-width: 760px) { .two { grid-template-columns: 1fr 1fr; } }
@media (min-width: 980px) { .three { grid-template-columns: 1fr 1fr 1fr; } }
.quiet, .aside, .note, .nothing { color: var(--quiet); }
.aside { font-weight: 400; font-size: 13px; }
.note { font-size: 13px; margin-top: 12px; overflow-wrap: anywhere; }
.nothing { padding: 14px 0; }
.n { text-align: right; white-space: nowrap; }
.whole { white-space: nowrap; }

.tiles, .facts { display: grid; gap: 12px; margin: 0; }
.tiles { grid-template-columns: repeat(2, 1fr); }
@media (min-width: 620px) { .tiles { grid-template-columns: repeat(3, 1fr); } .facts { grid-template-columns: repeat(3, 1fr); } }
@media (min-width: 1080px) { .tiles { grid-template-columns: repeat(6, 1fr); } }
.tiles > div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
dt { font-size: 13px; color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.value, .facts dd:nth-of-type(1) { font-size: clamp(22px, 2.2vw, 27px); font-weight: 600; line-height: 1.3; letter-spacing: -0.02em; }
.value.many { font-size: 18px; line-height: 1.9; }

table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { padding: 0 0 8px; }
th, td { padding: 5px 0 5px 14px; vertical-align: top; font-weight: 400; text-align: left; }
th.n, td.n { text-align: right; }
th:first-child, td:first-child { padding-left: 0; }
thead th { font-size: 12.5px; color: var(--quiet); border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
th.bar { position: relative; width: 100%; padding: 5px 8px; overflow-wrap: anywhere; }
th.bar .fill { position: absolute; inset: 2px auto 2px 0; background: var(--fill); border-radius: 3px; }
th.bar .name { position: relative; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 4px; border-radius: 4px; }
@media (max-width: 620px) { .spare { display: none; } .long { white-space: normal; } .map { width: calc(100% + 24px); margin: 0 -12px; } }
.wide { font-size: 13px; }
.wide th, .wide td { padding-left: 10px; }
.wide th:first-child { padding-left: 0; }
.wide .when, .wide .state { min-width: 80px; }
.wide .source { overflow-wrap: anywhere; min-width: 120px; }
@media screen and (max-width: 1199px) { .detail { display: none; } .wide th, .wide td { padding-left: 8px; } }
.unfinished, .failed, .alarm { color: var(--alarm); }
.shown { background: var(--fill); }
.shown > :first-child { font-weight: 600; }
@media screen and (max-width: 820px) {
  .wide, .wide caption, .wide tbody { display: block; }
  .wide thead { display: none; }
  .wide tr { display: grid; grid: auto-flow dense / repeat(2, minmax(0, 1fr)); gap: 2px 20px; padding: 8px; }
  .wide tbody tr + tr { border-top: 1px solid var(--line); }
  .wide tbody tr > * { display: flex; gap: 0 10px; justify-content: space-between; padding: 0; border: 0; text-align: right; }
  .wide tbody tr > .source, .wide tbody tr > .when { grid-column: 1 / -1; }
  .wide tbody tr > .n { flex-wrap: wrap; }
  .wide [data-name]::before { content: attr(data-name); color: var(--quiet); font-weight: 400; white-space: nowrap; }
}

figure { margin: 0; }
svg { display: block; width: 100%; }
.map { height: auto; }
.map path, .map .small { stroke: var(--border); stroke-width: 0.5; stroke-linejoin: round; }
.map .small { stroke-width: 1; }
.cities { fill: var(--city); fill-opacity: 0.5; pointer-events: none; }
.land { fill: var(--land); background: var(--land); }
${[1, 2, 3, 4, 5, 6].map((step) => `.q${step} { fill: var(--q${step}); background: var(--q${step}); }`).join("\n")}
.s1 { background: var(--q6); } .s2 { background: var(--q4); } .s3 { background: var(--q2); }
.s4 { background: var(--q5); } .s5 { background: var(--q3); } .s6 { background: var(--q1); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 14px 0 0; padding: 0; list-style: none; font-weight: 400; font-size: 13px; color: var(--quiet); }
.swatch { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.swatch.city { border-radius: 50%; background: var(--city); opacity: 0.6; }
figcaption .note { font-weight: 400; margin-top: 6px; }

.plot { display: grid; grid-template-columns: 40px 1fr; grid-template-rows: 220px 22px; margin: 14px 8px 0 0; font-size: 12px; color: var(--quiet); }
.plot svg { height: 100%; }
.y, .x { position: relative; }
.y span { position: absolute; right: 8px; transform: translateY(50%); line-height: 1; }
.x { grid-column: 2; }
.x span { position: absolute; top: 6px; transform: translateX(-50%); white-space: nowrap; line-height: 1.2; }
@media (max-width: 620px) { .x .minor { display: none; } .plot { grid-template-rows: 170px 22px; } }
.grid line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.bars { fill: var(--q5); }

.stack { display: flex; gap: 2px; height: 14px; margin: 12px 0 10px; }
.stack span { min-width: 2px; border-radius: 3px; }
.shares ul { margin: 0; padding: 0; list-style: none; font-size: 14px; }
.shares li { display: grid; grid-template-columns: 18px 1fr auto 64px; align-items: baseline; padding: 3px 0; }
.shares .name { overflow-wrap: anywhere; }

footer { padding-bottom: 44px; font-size: 13px; color: var(--quiet); }
footer p + p { margin-top: 4px; }

@media print {
  :root { color-scheme: light; ${light} --ground: #fff; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  @page { margin: 14mm; }
  body { font-size: 12px; }
  header { padding-top: 0; }
  header, main, footer { padding-left: 0; padding-right: 0; max-width: none; }
  section { margin-bottom: 20px; }
  h2 { break-after: avoid; }
  .card, tr, .tiles > div { break-inside: avoid; }
  .tiles { grid-template-columns: repeat(6, 1fr); gap: 8px; }
  .tiles > div { padding: 8px 10px; }
  .value { font-size: 17px; }
  .two, .three { grid-template-columns: 1fr 1fr; }
  .scroll { overflow: visible; }
  table, .wide, .shares ul, h3, caption, figcaption, .legend, code, .aside, .note, thead th { font-size: 10px; }
  .plot { grid-template-rows: 120px 20px; font-size: 10px; }
  .card { padding: 12px 14px; }
  .wide, .wide thead th { font-size: 8px; }
  .wide .source, .wide .state, .wide .when { min-width: 0; }
  .wide th, .wide td { padding-left: 6px; }
}
`
