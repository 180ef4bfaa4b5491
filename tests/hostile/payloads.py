"""What an author of a schema may write to break out of a format, by a name that says what it tries.

Where a payload runs, it imports `l9_canary`, or makes the file `l9_canary_ran` in the working directory. The comments
name the published failures of this kind of software that a payload repeats.
"""

from __future__ import annotations

RUN = "__import__('l9_canary')"
TOUCH = "touch l9_canary_ran"

PAYLOADS: dict[str, str] = {
    # Python literals, docstrings, f-strings: CVE-2026-105801, GHSA-7f3j-j7jj-r3vr; and what escaping only `"""` misses
    "docstring-end": f'"""\nimport l9_canary\n{RUN}\n"""',
    "docstring-end-inline": f'x""" + {RUN} + """',
    "docstring-single": f"x'''\n{RUN}\n'''",
    "escaped-docstring-end": f'\\"""\n{RUN}\n#',
    "trailing-backslash": "ends in a backslash \\",
    "trailing-quote": 'ends in a quote "',
    "trailing-apostrophe": "ends in an apostrophe '",
    "literal-end": f"')\n{RUN}\n('",
    "literal-end-double": f'"); {RUN}; ("',
    "f-string": f"{{{RUN}}} {{0.__class__}} %(x)s %s",
    # comments that another line separator ends: CVE-2026-54621, CVE-2026-54654
    "carriage-return": f"x\r{RUN}",
    "vertical-tab": f"x\x0b{RUN}",
    "form-feed": f"x\x0c{RUN}",
    "file-separator": f"x\x1c{RUN}\x1d\x1e",
    "next-line": f"x\x85{RUN}",
    "line-separator": f"x\u2028{RUN}",
    "paragraph-separator": f"x\u2029{RUN}",
    "nul": f"x\x00{RUN}",
    # import lines with a newline: CVE-2026-55415, CVE-2026-63720
    "newline-import": "x\nimport l9_canary",
    "newline-comment": f"x\n# noqa\n{RUN}",
    "newline-indented": f"x\n    {RUN}\n",
    # expressions that are evaluated: CVE-2026-54653, CVE-2026-54655, CVE-2026-54656
    "expression": RUN,
    "table-expression": f"={RUN}",
    "subclasses": "().__class__.__bases__[0].__subclasses__()",
    # Jinja: CVE-2024-56326, CVE-2025-27516, GHSA-gmj6-6f8f-6699
    "jinja-expression": f"{{{{ cycler.__init__.__globals__.os.popen('{TOUCH}').read() }}}}",
    "jinja-statement": "{% include 'meta/meta.codegen.schema.yaml' %}{% raw %}{# x",
    # commands: GHSA-4vv7-jj25-4gh6, GHSA-hq9q-27g5-qwpj, CVE-2022-24065
    "shell": f"$({TOUCH}) `{TOUCH}` ; {TOUCH} | cat && {TOUCH} > x",
    "shell-quote": f"'; {TOUCH}; '",
    "shell-newline": f"x\n{TOUCH}\n",
    "variable": "${L9_REDIS_URL} ${HOME:-x} $HOME %PATH%",
    # Markdown, HTML, Mermaid
    "fence": f"x\n```\n\n# Head\n\n```sh\n{TOUCH}\n```\n~~~\n",
    "backticks": "`` x ``` y `",
    "html-script": "<script>alert(1)</script> &lt;b&gt; &#60;i&#62;",
    "html-comment": "--> <!-- <img src=x onerror=alert(1)>",
    "link": "[go](javascript:alert(1)) ![i](https://evil.example/i.png) <https://evil.example> [x]: https://evil.example",
    "bare-link": "https://evil.example/x www.evil.example someone@evil.example",
    "table": "a | b \\| c\n|---|---|\n| x | y |",
    "heading": "# Head\n\n- item\n\n> quote\n\n---\n",
    "setext": "x\n===\n\n    indented\n",
    "mermaid": '"] --> me\nclick me "javascript:alert(1)"\nend\nsubgraph x',
    "mermaid-directive": '%%{init: {"theme": "dark"}}%% end',
    # YAML: CVE-2017-18342, CVE-2020-1747, CVE-2020-14343; TOML, JSON, Dockerfiles
    "yaml-tag": f"!!python/object/apply:os.system ['{TOUCH}']",
    "yaml-document": "x\n---\ninjected: true",
    "yaml-mapping": "a: b # c\n  injected: true",
    "yaml-anchor": "&a [*a, *a]",
    "toml": '"""\n[injected]\nx = 1\n"""',
    "json": '", "injected": true, "x": "',
    "dockerfile": f"x\nRUN {TOUCH}\nENV A=b",
    # queries
    "cypher": "x'}) DETACH DELETE n //",
    "cypher-label": "x`) MATCH (n) DETACH DELETE n //",
    "sql": "x'; DROP TABLE decision_logs; --",
    "sql-identifier": 'x"; DROP TABLE decision_logs; -- :name $$',
    "redis-pattern": "*[a-z]?:\r\nFLUSHALL\r\n",
    # what an editor or a terminal shows as something else
    "bidi": "x \u202e\u2066 nimda \u2069\u2066 y \u200f",
    "zero-width": "a\u200bb\u200d\ufeff\u00ad\U000e0041",
    "invisible-only": "\u200b\u2060\u2063",
    "homoglyphs": "\u0456mport \u0430dmin",
    "twins": "e\u0301 \u212a \ufb01 \uff41",
    "terminal": "\x1b]0;title\x07\x1b[2J\x9b31m",
    "not-characters": "\ufdd0\ufffe\uffff\U0001ffff\ue000",
    "surrogate": "x\ud800y",
    "coding": "-*- coding: utf-7 -*- # type: ignore # fmt: off",
    # sizes
    "one-long-word": "x" * 5000,
    "long-prose": "word after word, " * 300,
    "empty": "",
    # names: CVE-2024-35219 and above; sibling files that are imported: CVE-2026-61437
    "path-up": "../../etc/passwd",
    "path-up-module": "../x.py",
    "path-absolute": "/etc/passwd.py",
    "path-home": "~/x.py",
    "path-windows": "..\\C:\\x.py",
    "device": "CON",
    "device-module": "con.py",
    "option": "-rf",
    "trailing-dot": "x. ",
    "keyword": "class",
    "soft-keyword": "match",
    "dunder": "__class__",
    "dunder-module": "__main__.py",
    "standard-library": "asyncio",
    "standard-module": "typing.py",
    "own-library": "l9stack",
    "own-module": "l9stack/agent.py",
    "builtin": "str",
    "parameter": "context",
    "parameter-limit": "limit",
    "decorator": "operation",
    "constant": "MEMORY",
    "model-attribute": "model_config",
    "model-method": "copy",
    "conftest": "conftest.py",
}
