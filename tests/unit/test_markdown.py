"""The Markdown of fiches as HTML: what stays, what goes, what becomes a link."""

import re
from datetime import datetime

import nh3
import pytest

from gateway.channels.web.markdown import TAGS, to_html
from gateway.channels.web.page_words import NBSP, dial, say_moment, typeset

PAYLOADS = [
    pytest.param("<script>alert(1)</script>", id="a script"),
    pytest.param("<img src=x onerror=alert(1)>", id="an image that fails"),
    pytest.param("![x](https://ailleurs.example/x.png)", id="a Markdown image"),
    pytest.param("[cliquez](javascript:alert(1))", id="a javascript link"),
    pytest.param("[cliquez](JaVaScRiPt:alert(1))", id="a javascript link in odd case"),
    pytest.param("[cliquez](java&#115;cript:alert(1))", id="a javascript link with an entity"),
    pytest.param("[cliquez](data:text/html;base64,PHNjcmlwdD4=)", id="a data link"),
    pytest.param("[cliquez](vbscript:msgbox)", id="a vbscript link"),
    pytest.param("[cliquez](//ailleurs.example/)", id="a link without scheme"),
    pytest.param("[cliquez](/\\ailleurs.example/)", id="a link with a backslash"),
    pytest.param("[cliquez](http://ailleurs.example/)", id="a link that is not https"),
    pytest.param("<https://x.example/\"onmouseover=alert(1)>", id="an address with a quote"),
    pytest.param("<svg/onload=alert(1)>", id="an svg"),
    pytest.param("<iframe src=https://ailleurs.example></iframe>", id="a frame"),
    pytest.param("<a href='https://x.example' style='position:fixed' onclick=alert(1)>x</a>", id="HTML with a style"),
    pytest.param("    <script>alert(1)</script>", id="a script as indented code"),
    pytest.param("```html\n<script>alert(1)</script>\n```", id="a script as fenced code"),
    pytest.param("[x]: javascript:alert(1)\n[cliquez][x]", id="a javascript link by reference"),
    pytest.param("<math><mtext></p><style><a title='</style><img src onerror=alert(1)>'>", id="nested namespaces"),
]  # fmt: skip

SAFE_LINK = r'<a (href="(https://[^"]*|tel:\d+|/[\w/-]*)" )?rel="noreferrer">'


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_or_leads_astray_is_left(payload: str) -> None:
    html = to_html(payload)

    for tag in re.findall(r"<[^>]*>", html):
        assert re.fullmatch(r"</?(p|br|strong|em|ul|ol|li|h[234]|a)>|" + SAFE_LINK, tag), tag


@pytest.mark.parametrize("payload", PAYLOADS)
def test_cleaning_twice_changes_nothing(payload: str) -> None:
    html = str(to_html(payload))
    again = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "tel"}, link_rel="noreferrer")
    assert again == html


def test_plain_marks_of_a_fiche_become_html() -> None:
    html = to_html("Un **mot**.\nEncore.\n\n- un\n- deux\n\n1. trois\n\n[caf.fr](https://www.caf.fr)")

    assert "<strong>mot</strong>.<br>" in html
    assert "<ul>" in html and "<ol>" in html
    assert '<a href="https://www.caf.fr" rel="noreferrer">caf.fr</a>' in html


def test_html_in_a_fiche_is_shown_as_it_is_written() -> None:
    assert to_html("5 < 6 & <b>gras</b>") == "<p>5 &lt; 6 &amp; &lt;b&gt;gras&lt;/b&gt;</p>\n"


@pytest.mark.parametrize(
    ("text", "numbers", "linked"),
    [
        pytest.param("Appelez le **3230**.", ["3230"], ["3230"], id="in bold"),
        pytest.param("Le 03 21 21 62 16 ou le 3230.", ["03 21 21 62 16", "3230"], ["0321216216", "3230"], id="two"),
        pytest.param("Payez 3230 5 fois", ["3230"], [], id="digits that go on are another number"),
        pytest.param("[le 3230](tel:3230)", ["3230"], ["3230"], id="already a link"),
        pytest.param("Vous avez 15 jours.", ["15"], [], id="15 may count days"),
        pytest.param("Appelez le **15**.", ["15"], ["15"], id="15 set apart is a telephone number"),
        pytest.param("Le 3919 répond.", ["3230"], [], id="a number the fiche does not give"),
    ],
)  # fmt: skip
def test_the_numbers_of_a_fiche_can_be_called_from_its_text(text: str, numbers: list[str], linked: list[str]) -> None:
    html = to_html(text, numbers)
    assert [part.split('"')[0] for part in html.split('href="tel:')[1:]] == linked


def test_french_spaces_do_not_break() -> None:
    assert typeset("« Oui » ; 12 km ?") == f"«{NBSP}Oui{NBSP}»{NBSP}; 12{NBSP}km{NBSP}?"


def test_a_number_is_dialled_without_its_spaces() -> None:
    assert dial("0 806 000 278") == "0806000278"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        pytest.param("2026-11-24T13:00:00+00:00", "aujourd’hui à 14 h", id="later today, Paris time"),
        pytest.param("2026-11-25T07:30:00+00:00", "demain à 8 h 30", id="tomorrow"),
        pytest.param("2026-12-01T08:00:00+00:00", f"mardi 1er{NBSP}décembre à 9 h", id="next week"),
    ],
)
def test_an_opening_is_said_as_people_say_it(moment: str, words: str) -> None:
    now = datetime.fromisoformat("2026-11-24T10:00:00+00:00")
    assert say_moment(datetime.fromisoformat(moment), now) == words
