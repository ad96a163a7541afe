#include "worker/adapters/admin/page_style.hpp"

namespace admin {

// Dark and light have at least 4.5 to 1 between text and ground.
const std::string_view page_style = R"(
:root{--ground:#fff;--ink:#1b1f24;--faint:#57606a;--line:#d0d7de;--card:#f6f8fa;--good:#116329;--bad:#a40e26;--unknown:#7d4e00;--link:#0550ae}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--ink:#e6edf3;--faint:#9da7b1;--line:#30363d;--card:#161b22;--good:#56d364;--bad:#ff7b72;--unknown:#e3b341;--link:#79c0ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:.75rem;background:var(--ground);color:var(--ink);font:1rem/1.45 system-ui,sans-serif;overflow-wrap:break-word}
header p,footer p,nav{margin:.25rem 0;color:var(--faint);font-size:.9rem}
h1{font-size:1.35rem;margin:.75rem 0 .5rem;line-height:1.25}
h2{font-size:1.05rem;margin:1.5rem 0 .5rem}
a{color:var(--link)}
nav a{display:inline-block;padding:.25rem .75rem .25rem 0}
small{color:var(--faint)}
ul{margin:.5rem 0;padding-left:1.25rem}
.answer{margin:0;padding:.6rem .8rem;border:1px solid var(--line);border-left:.4rem solid;border-radius:.25rem;background:var(--card);font-size:1.15rem;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.unknown{color:var(--unknown)}
.answer.good::before,.state.good::before{content:"\2713\a0"}
.answer.bad::before,.state.bad::before{content:"!\a0"}
.answer.unknown::before,.state.unknown::before{content:"?\a0"}
.state{font-weight:600;white-space:nowrap}
.wide{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;min-width:min(100%,34rem);font-size:.95rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--faint);font-size:.9rem;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-top:1px solid var(--line);font-weight:400}
thead th{color:var(--faint);font-size:.85rem;border-top:0}
td:last-child,th:last-child{padding-right:0}
meter{width:6rem;max-width:40vw}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.75rem}
figure{margin:0;padding:.6rem .8rem;border:1px solid var(--line);border-radius:.25rem;background:var(--card)}
figcaption{color:var(--faint);font-size:.9rem}
figcaption strong{display:block;color:var(--ink)}
svg{display:block;width:100%;height:4rem;margin-top:.4rem}
polyline{fill:none;stroke:var(--link);stroke-width:2;vector-effect:non-scaling-stroke}
polygon{fill:var(--link);opacity:.15}
)";

const std::string_view page_policy =
    "default-src 'none'; style-src 'sha256-8dMURbxZcqIPJeCnJ7S2JYju9yaizDYTyQwzkC+FmyY='; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace admin
