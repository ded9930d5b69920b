"""The list of public mail domains: what it has, what it must never have, and how it is made."""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from lists.making import PUBLIC_MAIL, RESOURCE, list_entries, make_public_mail, make_resource
from server.rules.headers import listed_names
from server.rules.headers.domains import find_registrable_domain, is_public_mail_domain
from server.rules.headers.known_addresses import is_intake, is_relay_domain
from server.rules.headers.listed_names import ANY_PARENT, EXCEPTION, LISTS, public_mail_entries, read_list
from tests.support.demo import ROOT

SOURCES = ("isps", "relays", "intakes", "companies", "shared_sites")
WELL_KNOWN = Path(__file__).with_name("well_known_companies.txt")
MOST_MEMORY = 8_000_000
"""Bytes of the list in a process."""


def test_both_lists_are_as_the_command_makes_them() -> None:
    assert PUBLIC_MAIL.read_text(encoding="utf-8") == make_public_mail()
    assert RESOURCE.read_text(encoding="utf-8") == make_resource()


def test_the_command_tells_whether_a_list_is_stale() -> None:
    command = [sys.executable, "-m", "lists", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("name", SOURCES)
def test_each_list_tells_source_date_and_licence(name: str) -> None:
    head = [line for line in (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    text = "\n".join(head)
    assert re.search(r"Date: \d{4}-\d\d-\d\d", text)
    assert "Source: " in text or "commit" in text
    assert "Licence: " in text or "MPL-2.0" in text


@pytest.mark.parametrize("name", [name for name in SOURCES if name != "intakes"])
def test_each_line_is_a_domain_in_lower_case(name: str) -> None:
    entries = list(read_list(name))
    assert all(
        find_registrable_domain(entry) and entry == entry.lower() for entry in entries if not entry.endswith(ANY_PARENT)
    )
    assert len(entries) == len(set(entries))


def test_each_intake_is_a_pattern_that_takes_no_whole_vendor() -> None:
    """A pattern for all addresses of a host is for a sub-domain, or for a host that has robots alone."""
    hosts = [line.partition("@")[2] for line in read_list("intakes")]
    assert all(host == "*" or find_registrable_domain(host.replace("*", "x")) for host in hosts)
    assert len(set(read_list("intakes"))) == len(hosts)


def test_no_company_is_public() -> None:
    companies = list(read_list("companies"))
    assert len(companies) > 800
    assert [name for name in companies if is_public_mail_domain(name) or is_relay_domain(name)] == []


def test_companies_that_the_lists_were_not_made_with_are_not_public() -> None:
    """These were written down after the lists: a first reading, not a filter."""
    companies = WELL_KNOWN.read_text(encoding="utf-8").split()
    assert len(companies) > 500
    assert set(companies).isdisjoint(read_list("companies"))
    assert [name for name in companies if is_public_mail_domain(name) or is_intake(f"anna.berg@{name}")] == []


def test_nobody_at_a_company_is_an_intake() -> None:
    assert [name for name in read_list("companies") if is_intake(f"anna.berg@{name}")] == []


@pytest.mark.parametrize(
    "domain",
    [
        # The Americas
        "comcast.net", "tampabay.rr.com", "sbcglobal.net", "q.com", "optonline.net", "sympatico.ca", "shaw.ca", "vl.videotron.ca",
        "prodigy.net.mx", "uol.com.br", "fibertel.com.ar", "vtr.net", "une.net.co", "cantv.net", "adinet.com.uy", "coqui.net",
        # Europe
        "btinternet.com", "ntlworld.com", "eircom.net", "sfr.fr", "neuf.fr", "laposte.net", "t-online.de", "unitybox.de", "chello.at",
        "bluewin.ch", "alice.it", "pec.it", "telefonica.net", "netcabo.pt", "ziggo.nl", "casema.nl", "telenet.be", "skynet.be", "pt.lu",
        "stofanet.dk", "comhem.se", "online.no", "kolumbus.fi", "simnet.is", "inbox.lv", "hot.ee", "neostrada.pl", "o2active.cz",
        "azet.sk", "citromail.hu", "clicknet.ro", "abv.bg", "otenet.gr", "cytanet.com.cy", "ttmail.com", "siol.net", "ukr.net", "tut.by",
        # Africa and Asia
        "walla.co.il", "eim.ae", "batelco.com.bh", "tedata.net.eg", "menara.ma", "mweb.co.za", "intnet.mu", "rediffmail.com", "bsnl.in",
        "sltnet.lk", "139.com", "hinet.net", "netvigator.com", "hanmail.net", "docomo.ne.jp", "sepia.ocn.ne.jp", "i.softbank.jp",
        "jcom.zaq.ne.jp", "singnet.com.sg", "streamyx.com", "loxinfo.co.th", "vnn.vn", "cbn.net.id", "pldtdsl.net",
        # Oceania
        "bigpond.com", "optusnet.com.au", "xtra.co.nz", "paradise.net.nz", "connect.com.fj",
        # Relays
        "marketplace.amazon.de", "members.ebay.co.uk", "guest.booking.com", "m.expediapartnercentral.com", "vtext.com", "txt.att.net",
        "duck.com", "mozmail.com", "reply.craigslist.org", "indeedemail.com", "googlegroups.com",
    ],
)  # fmt: skip
def test_providers_of_all_countries_are_known(domain: str) -> None:
    assert is_public_mail_domain(domain)


@pytest.mark.parametrize(
    "domain", ["guest.hotels.example", "reply.shop.co.uk", "marketplace.acme.com", "txt.telco.example"]
)
def test_some_labels_make_a_relay_of_any_platforms_host(domain: str) -> None:
    assert is_relay_domain(domain)
    assert is_public_mail_domain(domain)


@pytest.mark.parametrize(
    "domain", ["guest.com", "reply.co.uk", "relay.example", "my.guest.hotels.example", "guests", ""]
)
def test_the_same_word_as_a_registered_name_is_a_company(domain: str) -> None:
    assert not is_relay_domain(domain)
    assert not is_public_mail_domain(domain)


def test_an_admin_takes_a_domain_off_and_the_longest_name_decides() -> None:
    assert is_public_mail_domain("sfr.fr")
    companies = frozenset({"sfr.fr", "staff.free.fr", "acme.example"})
    assert not is_public_mail_domain("sfr.fr", companies=companies)
    assert not is_public_mail_domain("mail.sfr.fr", companies=companies)
    assert not is_public_mail_domain("staff.free.fr", companies=companies)
    assert is_public_mail_domain("free.fr", companies=companies)
    assert not is_public_mail_domain("reply.acme.example", companies=companies)
    assert is_public_mail_domain("post.sfr.fr", frozenset({"post.sfr.fr"}), companies)


def test_a_company_below_a_provider_is_an_exception() -> None:
    assert f"{EXCEPTION}rci.rogers.com" in public_mail_entries()
    assert is_public_mail_domain("rogers.com")
    assert not is_public_mail_domain("toronto.rci.rogers.com")


def test_no_entry_is_below_another_one() -> None:
    entries = [name for name in list_entries() if not name.startswith(EXCEPTION)]
    listed = set(entries)
    parents = ({".".join(name.split(".")[i:]) for i in range(1, name.count(".") + 1)} for name in entries)
    assert not any(listed & above for above in parents)


def test_no_institution_is_a_provider() -> None:
    endings = ("nus.edu.sg", "va.gov", "ox.ac.uk", "army.mil")
    assert not any(map(is_public_mail_domain, endings))


def test_the_list_is_small_in_memory() -> None:
    listed_names.public_mail_entries.cache_clear()
    tracemalloc.start()
    entries = listed_names.public_mail_entries()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(entries) > 15_000
    assert peak < MOST_MEMORY
