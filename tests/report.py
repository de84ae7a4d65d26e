# SPDX-License-Identifier: GPL-3.0-or-later
"""fokker report: the page is well-formed XML, holds every claim, every figure and every equation, and
refers to nothing outside itself; what is wrong in notes and figures is refused with its place."""
import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as xml

FOKKER = os.path.abspath(os.environ["FOKKER"])
NOTES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "paper_notes.md")
XHTML = "{http://www.w3.org/1999/xhtml}"
FIGURE = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><g id="dot"/>
<clipPath id='clip'/><use xlink:href='#dot' clip-path="url(#clip)"/></svg>"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def report(folder, *args):
    result = subprocess.run([FOKKER, "report", "--out", os.path.join(folder, "page"), *args], capture_output=True,
                            text=True)
    return result.returncode, result.stderr


def read_page(folder):
    with open(os.path.join(folder, "page", "index.html"), encoding="utf-8") as f:
        return f.read()


def outside(text):
    """References to anything but the page itself."""
    links = re.findall(r"""(?:href|src)=["']([^"']*)|url\(["']?([^)"']*)""", text)
    return [a or b for a, b in links if not (a or b).startswith(("#", "data:"))] + re.findall("<script|@import", text)


def dangling(page):
    """Ids that stand twice, and links to ids that there are not."""
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    links = [v[1:] for e in page.iter() for k, v in e.items() if k.endswith("href") and v.startswith("#")]
    return [i for i in ids if ids.count(i) > 1] + [i for i in links if i not in ids]


def math(folder, tex):
    """The MathML of a formula, without the elements around it."""
    notes = write(folder, "notes.md", f"${tex}$\n")
    code, told = report(folder, "--notes", notes, "--json", write(folder, "none.json", "[]"))
    assert code == 0, told
    return re.search("<p><math><mrow>(.*)</mrow></math></p>", read_page(folder))[1]


def shape(mathml):
    return re.sub(r"</?(?:mi|mn|mo|mrow)\b[^>]*>", "", mathml)


def the_page_is_whole(folder):
    claims = json.loads(subprocess.run([FOKKER, "list", "claims", "--json"], capture_output=True).stdout)
    ledger = [{"id": c["name"], "statement": c["says"], "observed": 2.385, "expected": None, "margin": 0.1,
               "status": "HOLDS", "reading": "true", "topic": "all", "source": "A & B", "printed": None,
               "controls": [{"name": "x < y", "observed": 7.25, "status": "FAILS", "caught": True}]} for c in claims]
    figures = os.path.join(folder, "figures")
    for name in ("band/a.svg", "band/b.svg"):
        write(figures, name, FIGURE)
    code, told = report(folder, "--json", write(folder, "l.json", json.dumps(ledger)), "--notes", NOTES, "--figures",
                        figures)
    assert code == 0, told
    text = read_page(folder)
    page = xml.fromstring(text)
    ids = {e.get("id") for e in page.iter()}
    assert not [c["name"] for c in claims if c["name"] not in ids]
    assert not outside(text) and not dangling(page), (outside(text), dangling(page))
    assert outside('<img src="a.png"/>') and outside("a{background:url(b.png)}") and outside("<script>")
    assert dangling(xml.fromstring('<a id="x"><b href="#y"/></a>')) and dangling(xml.fromstring('<a id="x"><b id="x"/></a>'))
    with open(NOTES, encoding="utf-8") as f:
        source = re.sub(r"`[^`\n]+`", "", f.read().replace("```math", "\0"))
    equations = source.count("\0") + len(re.findall(r"(?<!\\)\$[^$]+(?<!\\)\$", source))
    assert len(list(page.iter(f"{XHTML}math"))) == equations > 100, equations
    words = "".join(page.itertext())
    assert "$" not in words and "```" not in words and "**" not in words
    assert len(list(page.iter(f"{XHTML}figure"))) == 2 and "fokker schedules draws it" in words
    assert f"{len(claims)} of {len(claims)} claims hold, {len(claims)} of {len(claims)} controls caught" in words
    return len(claims), equations


def formulas_have_their_shape(folder):
    for tex, wanted in (
        (r"\frac{a}{2b}", "<mfrac>a2b</mfrac>"),
        (r"\frac12", "<mfrac>12</mfrac>"),
        (r"10^{-12}", "<msup>10−12</msup>"),
        (r"x\log y", 'x<mspace width="0.17em"/>log<mspace width="0.17em"/>y'),
        (r"\sqrt{1 - \bar\alpha_t}", '<msqrt>1−<msub><mover accent="true">α¯</mover>t</msub></msqrt>'),
        (r"x_t^2", "<msubsup>xt2</msubsup>"),
        (r"f''(x)", "<msup>f′′</msup>(x)"),
        (r"\sum_{k=1}^n w_k", "<msubsup>∑k=1n</msubsup><msub>wk</msub>"),
        (r"\mathbb{E}", "&#x1D53C;"),
        (r"p(x \mid y) \le 2.385", "p(x∣y)≤2.385"),
        (r"\log x", 'log<mspace width="0.17em"/>x'),
        (r"x\max_y z", 'x<mspace width="0.17em"/><msub>maxy</msub><mspace width="0.17em"/>z'),
        (r"\log(x)", "log(x)"),
        (r"a < \lVert b \rVert", "a&lt;‖b‖"),
    ):
        got = shape(math(folder, tex))
        assert got == wanted, f"{tex}: {got}, not {wanted}"
    assert 'form="prefix"' in math(folder, "a = -b") and 'form="prefix"' not in math(folder, "a - b")


def what_is_wrong_is_refused(folder):
    ledger = write(folder, "none.json", "[]")
    for notes, place, why in (
        ("\n\n$a \\foo b$\n", 3, "\\foo"), ("a\nb $\\frac{a$\n", 2, "{"), ("$a}$", 1, "}"), ("$\\frac{a}$", 1, "argument"),
        ("$a_1_2$", 1, "scripts"), ("$\\left( a$", 1, "\\right"), ("a $b", 1, "$"), ("a **b", 1, "**"),
        ("```\na\n", 1, "```"), ("| a |\n| b |\n", 2, "table"),
    ):
        path = write(folder, "bad.md", notes)
        code, told = report(folder, "--notes", path, "--json", ledger)
        assert code == 2 and told.count("\n") == 1 and f"bad.md:{place}:" in told and why in told, (notes, code, told)
    good = write(folder, "good.md", "a\n")
    for figure in (FIGURE.replace("#dot", "dot.svg"), FIGURE.replace("#clip", "other.svg#clip"),
                   FIGURE.replace("<g ", "<script/><g "), "no figure"):
        write(folder, "bad/band/a.svg", figure)
        code, told = report(folder, "--notes", good, "--json", ledger, "--figures", os.path.join(folder, "bad"))
        assert code == 2 and "a.svg" in told, (figure, code, told)
    assert report(folder, "--notes", good, "--json", write(folder, "odd.json", "{}"))[0] == 2
    assert report(folder, "--notes", os.path.join(folder, "absent.md"))[0] == 4


with tempfile.TemporaryDirectory() as folder:
    n, equations = the_page_is_whole(folder)
    formulas_have_their_shape(folder)
    what_is_wrong_is_refused(folder)
print(f"{n} claims, {equations} equations, nothing from outside")
