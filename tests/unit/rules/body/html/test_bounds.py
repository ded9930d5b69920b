"""No HTML takes a parser more than a fixed time for each token, and what stands before a bound is kept."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from server.rules.body import html_text as reader
from server.rules.body.html.bounds import (
    LONGEST_HTML,
    LONGEST_VALUE,
    MOST_TOKENS,
    TAME_ATTRIBUTES,
    TAME_SIZE,
    TAME_TAGS,
    is_tame,
    rewrite_html,
)
from server.rules.body.html_text import html_text

MEGABYTE = 1_000_000

PATHOLOGIES = {
    "deep": "<div>",
    "deep cells": "<table><tr><td>",
    "deep items": "<ul><li>",
    "open formatting": "<b>",
    "leaked formatting": "<b><table><tr><td></b></td></tr></table>",
    "crossed": "<b><i></b></i>",
    "links": "<a><div>",
    "paragraphs": "<s><p>x",
    "select": "<select><option>x",
    "foreign": "<svg><math>",
    "templates": "<template>",
    "buttons": "<button><p>",
    "stray ends": "</div></p></b>",
    "ends in attributes": "<b title='x</b>'>",
    "ends in comments": "<ul><li><!--</li></ul>-->",
    "comments": "<!-->",
    "bogus comments": "<!x><?x></ x>",
    "quotes without end": "<a b='<a b=\"",
    "dashes": "<!----",
    "text": "< ",
    "half entities": "&#",
    "empty bytes": "\0",
    "tags without end": "<a ",
    "sheets": "<style>.a{display:none}",
    "raised": "<sup>2",
    "hidden in Outlook": "<div style='mso-hide:all'>",
    "unseen": "<div style='font-size:0'><p>x",
    "ticks": "<li aria-checked=true>",
    "backward lists": "<ol reversed><li>",
    "roots": "<body a b c d e>",
    "pixels": "<img alt=x>",
}


def node_count(markup: str) -> int:
    return sum(1 for _ in LexborHTMLParser(markup).root.traverse(include_text=True))


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_the_tree_grows_with_the_html_at_most(name):
    unit = PATHOLOGIES[name]
    for markup in (f"Hi {unit * 3_000}", f"Hi {unit * 300}"):
        rewritten = rewrite_html(markup)

        assert len(rewritten) <= 4 * len(markup) + 100
        assert node_count(rewritten) <= 2 * len(markup) + 10


@pytest.mark.parametrize(
    ("name", "size"),
    [*((name, TAME_SIZE + 1) for name in PATHOLOGIES), *((name, 8 * MEGABYTE) for name in ("deep", "dashes", "text"))],
)
def test_any_html_is_read_in_seconds(name, size):
    """Without bounds the worst of these take minutes for one megabyte, and gigabytes of memory."""
    markup = "Hi " + PATHOLOGIES[name] * (size // len(PATHOLOGIES[name]))
    begin = time.process_time()

    text = html_text(markup)

    assert text.startswith("Hi")
    assert time.process_time() - begin < 15


def test_attributes_are_bounded():
    attributes = " ".join(f"a{number}=1" for number in range(100_000))

    assert is_tame(f"<p {' '.join(f'a{number}=1' for number in range(TAME_ATTRIBUTES - 1))}>")
    for markup in (
        f"Hi <p {attributes}>there",
        f"Hi <p {attributes.replace('=1', '')}>there",
        f"Hi <p/{attributes}>there",
    ):
        assert not is_tame(markup)
        assert html_text(markup) == "Hi\nthere"


@pytest.mark.parametrize("quote", ["'", '"', ""])
def test_attributes_with_tags_in_them_are_counted(quote):
    value = f"{quote}<p/>{quote}" if quote else "<p/"

    assert not is_tame("<p " + " ".join(f"a{number}={value}" for number in range(1_000)) + ">")


@pytest.mark.parametrize(
    "markup",
    [
        "<p>x" * (TAME_TAGS + 1),
        "x" * (TAME_SIZE + 1),
        "<p>" + "".join(f"<b a={number}>" for number in range(100)) + "<p>x" * 100,
        "</b></nobr>" * 100 + "".join(f"<b a={number}></nobr>" for number in range(100)),
        "".join(f"<body a{number}>" for number in range(100)),
    ],
)
def test_what_a_parser_could_be_slow_on_is_not_tame(markup):
    assert not is_tame(markup)


LEAKS = (
    "<b a{}><table><tr><td></b></td></tr></table>", "<b a{}><table></b></table>", "<b a{}><marquee></b></marquee>",
    "<b a{}><svg><desc></b></desc></svg>", "<b a{}><select></b></select>", "<b a{}><template></b></template>",
    "<b a{}><title></b></title>", "<b a{}><!--</b>-->", "<b a{}><p x='</b>'>", "<table><tr><b a{}><td></b></td></tr></table>",
    "<select><input><b a{}></select>", "<b a{}></nobr>", "<b a{}><td></b>", "<object><b a{}><object></object>",
    "<object><table></object><b a{}></table></object>", "<svg><style><b a{}></style></svg>", "<b a{}><![CDATA[</b>]]>",
)  # fmt: skip


@pytest.mark.parametrize("leak", LEAKS)
def test_formatting_that_only_seems_closed_grows_no_tree(leak):
    """Each is open in every paragraph that follows: 10 kB of them would make 300,000 nodes."""
    for count in (25, 100, 200):
        markup = "<p>" + "".join(leak.format(number) for number in range(count))
        markup += "<p>x" * (TAME_TAGS - markup.count("<"))

        assert not is_tame(markup) or node_count(markup) < 60 * TAME_TAGS


def test_usual_newsletters_are_tame():
    row = "<tr><td><a href='x'><b>a</b></a><td><font face='x'>b</font><select><option>c</select><object></object></tr>"

    assert is_tame(
        f"<html><head><style>a<b</style></head><body><table>{row * 90}</table>{'<i>x</i>' * 90}</body></html>"
    )


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<b title='x</b>'>a</b>b", "ab"),
        ("<b title=\"x>y\" c='>' d=>e</b>", "e"),
        ("<p a='b'c=\"d\"/e>f", "f"),
        ("a<!-->b<!--->c<!-- -- > --!>d<!---->e<!-- > -->f", "abcdef"),
        ("a<!x>b<?x y='>c</ x>d</>e<![CDATA[x]]>f", "abcdef"),
        ("a<script>if (a<b) '<p>'</script>b<style><p></style>c<title></p></title>d<textarea><b></textarea>e", "abcde"),
        ("a<script><!--</script>b", "ab"),
        ("a<iframe><p>no</iframe>b<noembed><p>no</noembed>c<noframes>no</noframes>d", "abcd"),
        ("a<xmp><b></xmp>b", "a\n<b>\nb"),
        ("a<plaintext><b>", "a\n<b>"),
        ("a<svg><style>no</style><text>no</text></svg>b<math><mi>no</math>c", "abc"),
        ("a<<!---->b>c < d <3", "a<b>c < d <3"),
        ("a<p <b>c", "a\nc"),
        ("a<b", "a"),
        ("a<b c='", "a"),
        ("a<!-- b", "a"),
        ("a</b/>c</b c>d", "acd"),
        ("a\0b", "ab"),
        ("<p>a<p>b<li>c<li>d", "a\nb\n- c\n- d"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>d", "- a\n- b\n- c\nd"),
        ("<table><tr><td>a<td>b<tr><td><div>c</table>d", "a b\nc\nd"),
        ("<table><tr><td>a</div>b</td></tr></table>c</td></tr></table>d", "ab\ncd"),
        ("<blockquote type=cite><ul><li>a</blockquote>b", "> - a\nb"),
        ("<blockquote type=cite><table><tr><td>a</blockquote>b</table></blockquote>c", "> ab\nc"),
        ("<DIV>a</DIV><P HIDDEN>no</P>b<BR/>c</br>d<image alt=map>e", "a\nb\nc\nd[map]e"),
        ("<pre>\n\na\nb</pre>", "a\nb"),
        ("<select><option>no</select>a<template>no</template>b<object>no</object>c", "abc"),
        ("&amp;lt;b> &lt;b&gt; &#60;i>", "&lt;b> <b> <i>"),
    ],
)
def test_html_is_read_as_a_browser_reads_it(markup, expected, monkeypatch):
    assert html_text(markup) == expected
    monkeypatch.setattr(reader, "is_tame", lambda _: False)
    assert html_text(markup) == expected


TAGS = st.sampled_from([
    "p", "div", "span", "b", "i", "s", "a", "ul", "ol", "li", "table", "tr", "td", "blockquote", "pre", "h1", "br",
    "img", "font", "q", "sup", "dl", "dt", "dd", "section", "svg", "style",
])  # fmt: skip
PIECES = st.one_of(
    TAGS.map("<{}>".format), TAGS.map("</{}>".format), TAGS.map("<{} a='>' title=x hidden2>".format),
    st.sampled_from(["<!-- > -->", "<!x>", "< ", "&amp;", "</", "<", "<!--", "-->", "='", '">', "\0", "</b/>"]),
    st.text("word <>/='\"!-?", max_size=5),
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_soup_is_rewritten_as_closed_elements(markup):
    rewritten = rewrite_html(markup)
    names = {node.tag for node in LexborHTMLParser(rewritten).root.traverse(include_text=False)}

    assert all(
        name.startswith("x-") or name in {"html", "head", "body", "style", "br", "hr", "img", "input"} for name in names
    )
    assert node_count(rewritten) <= 2 * markup.count("<") + 10


@given(st.lists(st.one_of(TAGS.map("<{}>".format), TAGS.map("</{}>".format)), max_size=30).map("".join))
def test_no_word_is_lost_that_stands_before_a_soup(soup):
    assert "before" in html_text(f"before {soup}")
    assert "before" in html_text(f"before {soup}{'<b>x' * 50}")


def test_large_values_of_attributes_cost_no_text():
    picture = f"<img alt=chart src='data:image/png;base64,{'A' * 5 * MEGABYTE}'>"

    assert html_text(f"<p>Hi {picture} there</p>") == "Hi [chart] there"
    assert len(rewrite_html(picture)) < 2 * LONGEST_VALUE


def test_long_mail_ends_at_a_bound_and_begins_as_it_was_written():
    lines = "".join(f"<div class=x>line {number}</div>" for number in range(MOST_TOKENS))

    rewritten = rewrite_html(lines)

    assert LONGEST_HTML / 4 < len(rewritten) < LONGEST_HTML + 1_000
    assert html_text(lines).startswith("line 0\nline 1\nline 2\n")
