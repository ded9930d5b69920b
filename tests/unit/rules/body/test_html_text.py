"""What HTML shows, as text: the meaning of its marks, what nobody sees, and where the answered mail begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules.body import html_text as reader
from server.rules.body.html_text import LONGEST, html_text

HI = "<p>Hi</p>"


def rewritten_text(markup: str, monkeypatch) -> str:
    monkeypatch.setattr(reader, "is_tame", lambda _: False)
    return html_text(markup)


MEANING = {
    "struck": ("<p>Price: <s>120</s> 112</p>", "Price: ~~120~~ 112"),
    "deleted": ("<del><p>a</p><p>b</p></del>c", "~~a~~\n~~b~~\nc"),
    "struck by style": ("a <span style='text-decoration: underline line-through'>b <b>c</b></span> d", "a ~~b c~~ d"),
    "struck by class": ("<style>span.x{text-decoration-line:line-through}</style><span class=x>a</span> b", "~~a~~ b"),
    "not struck": ("<s style='text-decoration:none'>a</s>", "a"),
    "struck quote": ("<blockquote type=cite><s>a<br>b</s></blockquote>", "> ~~a~~\n> ~~b~~"),
    "ticks": ("<input type=checkbox checked> A <input type=checkbox> B", "[x] A [ ] B"),
    "choice": ("<input type=radio checked>A <input type=radio>B", "(x) A ( ) B"),
    "task list": ("<ul><li><input type=checkbox checked>a<li><input type=checkbox>b</ul>", "- [x] a\n- [ ] b"),
    "ticked items": (
        "<ul><li role=checkbox aria-checked=true><p>a</p><li data-list=unchecked>b</ul>",
        "- [x] a\n- [ ] b",
    ),
    "one tick": ("<ul><li data-checked=true><label><input type=checkbox checked></label><div>a</div></ul>", "- [x] a"),
    "pictured tick": ("<ul><li role=checkbox aria-checked=false><img alt=unchecked><p>a</p></ul>", "- [ ] a"),
    "numbers": ("<ol start=3><li>a<li>b<li value=9>c<li>d</ol>", "3. a\n4. b\n9. c\n10. d"),
    "letters": ("<ol type=a start=26><li>a<li>b</ol><ol type=I start=4><li>a</ol>", "z. a\naa. b\nIV. a"),
    "backwards": ("<ol reversed><li>a<li>b</ol>", "2. a\n1. b"),
    "numbers by style": ("<ol style='list-style-type:lower-roman'><li>a<li style='list-style:none'>b</ol>", "i. a\nb"),
    "numbers of points": (
        "<ul><li style='list-style-type:decimal'>a<li style='list-style:decimal'>b<li>c</ul>",
        "1. a\n2. b\n- c",
    ),
    "nested": ("<ol><li>a<ol type=a><li>x<li>y</ol><li>b</ol>", "1. a\na. x\nb. y\n2. b"),
    "bad numbers": ("<ol start=x><li value='-'>a<li value=-3>b</ol>", "1. a\n-3. b"),
    "raised": ("10<sup>3</sup> m<sup>2</sup> 10<sup><i>-3</i></sup> 2<sup>10k</sup>", "10³ m² 10⁻³ 2^10k"),
    "raised by style": ("10<span style='vertical-align:super;font-size:.6em'>6</span>", "10⁶"),
    "cents": ("$19<sup>99</sup>", "$19⁹⁹"),
    "ordinals": ("5<sup>th</sup> 1<sup>er</sup> Acme<sup>TM</sup> word<sup>[1]</sup>", "5th 1er AcmeTM word[1]"),
    "lowered": ("H<sub>2</sub>O log<sub>2</sub>8 V<sub>max</sub>", "H₂O log₂8 V_max"),
    "quoted words": ("He said <q>no</q>.", 'He said "no".'),
    "reading": ("<ruby>字<rt>ji</rt></ruby> <ruby>字<rp>(</rp><rt>ji</rt><rp>)</rp></ruby>", "字(ji) 字(ji)"),
    "kept lines": (
        "<div style='white-space: pre-wrap'>a\nb</div><p style='white-space-collapse:preserve'>c\nd",
        "a\nb\nc\nd",
    ),
    "kept lines end": ("<pre>a\n<span style='white-space:normal'>b\nc</span></pre>", "a\nb c"),
    "source lines": ("<p>a\nb", "a b"),
    "zero width": ("a<wbr>b c&#8203;d e&shy;f", "ab cd ef"),
    "definitions": ("<dl><dt>Coil<dd>98<dt>Drum<dd>12</dl>", "Coil\n98\nDrum\n12"),
    "details": ("<details><summary>More</summary>text</details>", "More\ntext"),
    "cells": ("<table><caption>C</caption><tr><th>A<th>B<tr><td>1<td>2</table>", "C\nA B\n1 2"),
    "item with a block": ("<ul><li><p>a</p><p>b</p></li><li><div>c</div></li></ul>", "- a\nb\n- c"),
    "blocks by style": ("<span style='display:block'>a</span><span style='display:block'>b</span>", "a\nb"),
    "smiley of Outlook": (
        "ok <span style='font-family:Wingdings'>J</span> <font face=Wingdings>&#61692;</font>",
        "ok ☺ ✓",
    ),
    "letters of Wingdings": ("<p style='font-family:Wingdings, Arial'>Jolly good</p>", "Jolly good"),
}


@pytest.mark.parametrize("name", MEANING)
def test_marks_keep_their_meaning(name, monkeypatch):
    markup, expected = MEANING[name]

    assert html_text(markup) == expected
    assert rewritten_text(markup, monkeypatch) == expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("alt='👍' data-emoji='👍' src=https://fonts.gstatic.com/s/e/notoemoji/16.0/1f44d/72.png", "👍"),
        ("alt='😊' class=EmojiInsert src=cid:1", "😊"),
        ("alt='*:) happy' src=https://s.yimg.com/ok/u/assets/img/emoticons/emo1.gif", ":)"),
        ("goomoji=1f600 src=cid:1f600@goomoji.gmail", "😀"),
        ("alt='' class=emoji src=https://cdn.example/emoji/72x72/1f468-200d-1f4bb.png", "👨\u200d💻"),
        ("alt=':-)'", ":-)"),
        ("alt='Prices of 2026' width=600", "[Prices of 2026]"),
        ("alt='Acme logo'", ""),
        ("alt='open' width=1 height=1", ""),
        ("alt='https://a.example'", ""),
        ("src=https://a.example/1f44d.png", ""),
        ("goomoji=fffffff", ""),
    ],
)
def test_pictures_show_what_somebody_wrote(attributes, expected):
    assert html_text(f"<p>a <img {attributes}> b</p>").removeprefix("a ").removesuffix("b").strip() == expected


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "DISPLAY : none !important", "visibility:hidden", "opacity:0", "opacity: 0.0;", "max-height:0;overflow:hidden",
        "height:0px;overflow:hidden", "width:0;overflow:hidden", "overflow:hidden;max-width:0", "font-size:0", "font-size:1px;line-height:1px",
        "font:0/0 a", "line-height:0;overflow:hidden", "mso-hide:all", "position:absolute;left:-9999px", "position:fixed;top:-1000em",
        "text-indent:-9999px", "color:transparent", "color:rgba(0,0,0,0)", "position:absolute;clip:rect(0,0,0,0)", "transform:scale(0)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tag", ["div", "span", "p"])
def test_what_nobody_sees_is_no_text(style, tag, monkeypatch):
    markup = f'<{tag} style="{style}">Preview <b>words</b></{tag}>{HI}'

    assert html_text(markup) == "Hi"
    assert rewritten_text(markup, monkeypatch) == "Hi"


@pytest.mark.parametrize(
    "markup",
    [
        "<div style='max-height:0'>Hi</div>",
        "<div style='overflow:hidden'>Hi</div>",
        "<div style='line-height:0'>Hi</div>",
        "<div style='font-size:0'><span style='font-size:14px'>Hi</span></div>",
        "<div style='font-size:0'><table><tr><td style='font:14px/20px Arial'>Hi</table></div>",
        "<div style='font-size:0'><span class=t>Hi</span></div><style>.t{font-size:medium}</style>",
        "<div style='visibility:hidden'><b style='visibility:visible'>Hi</b></div>",
        "<div style='color:transparent'><a href=x>Hi</a></div>",
        "<div aria-hidden=true>Hi</div>",
        "<div hidden style='display:block'>Hi</div>",
        "<a style='mso-hide:all' href=x>Hi</a>",
        "<div style='mso-hide:all'><a href=x>Hi</a></div>",
        "<table style='width:0;overflow:hidden'><tr><td style='height:0;overflow:hidden'>Hi</table>",
        "<div style='width:1px;min-width:100%;overflow:hidden'>Hi</div>",
        "<p style='font-size:1'>Hi</p>",
        "<div style='font-size:0'><b style='font:normal 400 14px/20px Arial'>Hi</b></div>",
        "<div style='font-size:0'><b style='font:bold medium Arial'>Hi</b></div>",
        "<p style='font-size:.8em;color:rgba(0,0,0,.6)'>Hi</p>",
        "<p style='color:rgba(0,0,0)'>Hi</p>",
        "<div style='position:absolute;clip:rect(0px,600px,200px,0px)'>Hi</div>",
        "<div style='transform:scale(0.9)'>Hi</div>",
        "<p style='text-indent:-18pt;margin-left:-5px'>Hi</p>",
        "<style>@media (max-width:9px){.x{display:none}} .x .y{display:none}</style><p class='x y'>Hi</p>",
        "<style>.x{display:none}.x{display:block}</style><p class=x>Hi</p>",
        "<style>.x{display:none}</style><p class=x style='display:block'>Hi</p>",
        "<p style='display:none'>closed by the next<div>Hi</div>",
        "<![if !mso]><p>Hi</p><![endif]><!--[if mso]><p>no</p><![endif]-->",
    ],
)
def test_what_a_reader_sees_stays(markup, monkeypatch):
    assert html_text(markup) == "Hi"
    assert rewritten_text(markup, monkeypatch) == "Hi"


@pytest.mark.parametrize(
    "markup",
    [
        "<style>.p{display:none}</style><div class='a p'>no</div>",
        "<style>/* a */ @import url(x); div.p, #q { font-size: 0 }</style><div class=p>no</div><i id=q>no</i>",
        "<style>.p{display:none!important}</style><div class=p style='display:block'>no</div>",
        "<style>@media x{.a{color:red}} .p{max-height:0;overflow:hidden}</style><div class=p>no</div>",
        "<div hidden>no</div>",
        "<div hidden=hidden><p>no</p></div>",
        "<p>&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;</p>",
    ],
)
def test_other_ways_to_hide(markup, monkeypatch):
    assert html_text(markup + HI) == "Hi"
    assert rewritten_text(markup + HI, monkeypatch) == "Hi"


def test_fillers_behind_words_are_one_space():
    assert html_text("Hi" + "&#847;&zwnj;&nbsp;" * 40 + "there") == "Hi there"


def test_joiners_within_words_stay():
    assert html_text("<p>می\u200cخواهم 👨\u200d👩\u200d👧</p>") == "می\u200cخواهم 👨\u200d👩\u200d👧"


def test_hidden_text_is_shown_where_there_is_no_other():
    assert html_text("<div style='font-size:0'>a</div><p hidden>b</p>") == "a\nb"


@pytest.mark.parametrize(
    "container",
    [
        "<div class=gmail_quote><div class=gmail_attr>On Monday Rita wrote:</div>{}</div>",
        "<div class='gmail_quote gmail_quote_container'><div dir=ltr class=gmail_attr>On Monday Rita wrote:</div>{}</div>",
        "<div class=moz-cite-prefix>On Monday Rita wrote:<br></div>{}",
        "<div id=ydp1yahoo_quoted_7 class='yahoo_quoted'><div>On Monday Rita wrote:</div>{}</div>",
        "<div class=OutlookMessageHeader>On Monday Rita wrote:</div>{}",
        "<div class=protonmail_quote>On Monday Rita wrote:<br>{}</div>",
    ],
)
def test_a_blank_line_stands_before_the_answered_mail(container):
    quote = "<blockquote type=cite><p>old</p></blockquote>"

    text = html_text(f"<p>See you.</p><p>Mina</p>{container.format(quote)}")

    assert text == "See you.\nMina\n\nOn Monday Rita wrote:\n> old"


def test_a_quote_without_an_attribution_stands_apart():
    assert html_text("<p>Yes.</p><blockquote type=cite>old</blockquote><p>No.</p>") == "Yes.\n\n> old\nNo."
    assert html_text("<p>Yes.</p><blockquote>my own words</blockquote>") == "Yes.\n> my own words"


def test_a_rule_stands_before_the_history_of_outlook():
    text = html_text("<p>Yes.</p><hr><div id=divRplyFwdMsg><b>From:</b> Rita</div>")

    assert text.startswith("Yes.\n" + "_" * 32)
    assert text.endswith("_" * 32 + "\nFrom: Rita")


def test_the_text_has_an_end():
    assert len(html_text("<p>" + "word " * 1_000_000)) <= LONGEST
    assert LONGEST <= len(html_text("<p>word word</p>" * 100_000)) <= 2 * LONGEST


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="<&~"), min_size=1))
def test_words_are_read_back(words):
    assert html_text(f"<div><p>{words}</p></div>").split() == reader.drop_fillers(words).split()
