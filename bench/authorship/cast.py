"""Who plays in a synthesised mail: a customer of some country, their company, and our rep."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

_PEOPLE: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "com": (("Grace", "Priya", "Marcus", "Sean", "Aisha"), ("Okafor", "Holloway", "Patel", "Nguyen", "Price"), "en"),
    "co.uk": (("Harriet", "Alistair", "Noreen", "Callum"), ("Whitcombe", "Newsome", "Barlow", "Mailer"), "en"),
    "de": (("Jürgen", "Anke", "Björn", "Sabine"), ("Müller", "Weiß", "Botsch", "Kurz"), "de"),
    "fr": (("Élodie", "Benoît", "Camille", "Hugo"), ("Lefèvre", "Moreau", "Dupré", "Marchand"), "fr"),
    "es": (("Íñigo", "Lucía", "Javier", "Nuria"), ("Núñez", "Ortega", "Campos", "Ferrer"), "es"),
    "com.br": (("João", "Luíza", "Thiago", "Bruna"), ("Gonçalves", "Araújo", "Ramos", "Lima"), "pt"),
    "it": (("Giulia", "Matteo", "Chiara", "Nicolò"), ("Ricci", "Conti", "De Luca", "Greco"), "it"),
    "nl": (("Sanne", "Joost", "Femke", "Bram"), ("de Vries", "Bakker", "Jansen", "Postma"), "nl"),
    "se": (("Åsa", "Erik", "Linnéa", "Björn"), ("Lindqvist", "Öberg", "Sjögren", "Holm"), "sv"),
    "pl": (("Łukasz", "Agnieszka", "Michał", "Zofia"), ("Wiśniewski", "Kowalska", "Zając", "Nowak"), "pl"),
    "co.jp": (("健太", "美咲", "大輔", "葵"), ("佐藤", "高橋", "渡辺", "小林"), "ja"),
    "com.tr": (("Ayşe", "Emre", "Çağla", "Mert"), ("Yılmaz", "Şahin", "Öztürk", "Kaya"), "tr"),
}
_COMPANIES = (
    "northgate", "kestrel-labs", "brightwater", "alderfield", "tessera", "quillon", "halcyon-foods", "redmoor",
    "ostrava-steel", "lumenor", "papercrane", "granite-peak", "silverbirch", "veloway", "noteworthy",
    "mailhouse-interiors", "newsome-partners",
)  # fmt: skip
_SUBJECTS: dict[str, tuple[str, ...]] = {
    "en": ("Pricing for 40 seats", "Follow-up on Thursday's call", "Security questionnaire", "Contract draft v3",
           "Quick question", "Order status of our pilot", "Intro: Grace <> Sam", "Updates to the rollout plan",
           "Invoice question"),
    "de": ("Angebot für 40 Lizenzen", "Rückfrage zum Vertrag", "Termin nächste Woche", "Unterlagen zur Ausschreibung"),
    "fr": ("Devis pour 40 postes", "Suite à notre échange", "Projet de contrat", "Question sur la facture"),
    "es": ("Presupuesto para 40 usuarios", "Seguimiento de la llamada", "Borrador del contrato"),
    "pt": ("Proposta para 40 licenças", "Dúvida sobre o contrato", "Reunião de quinta"),
    "it": ("Preventivo per 40 licenze", "Domanda sul contratto", "Riunione di giovedì"),
    "nl": ("Offerte voor 40 licenties", "Vraag over het contract", "Vervolg op ons gesprek"),
    "sv": ("Offert för 40 licenser", "Fråga om avtalet", "Uppföljning efter mötet"),
    "pl": ("Oferta na 40 licencji", "Pytanie o umowę", "Spotkanie w czwartek"),
    "ja": ("お見積りの件", "ご契約について", "次回のお打ち合わせ"),
    "tr": ("40 lisans için teklif", "Sözleşme hakkında soru", "Perşembe toplantısı"),
}  # fmt: skip
_ROMAN = {"健太": "kenta", "美咲": "misaki", "大輔": "daisuke", "葵": "aoi", "佐藤": "sato", "高橋": "takahashi",
          "渡辺": "watanabe", "小林": "kobayashi"}  # fmt: skip
_REPS = (("Sam", "Rivera"), ("Dana", "Cole"), ("Ines", "Hartmann"), ("Owen", "Blake"))
OURS = "acme.example"


@dataclass(frozen=True)
class Cast:
    """Addresses are ASCII; names are as people write them."""

    first: str
    last: str
    company: str
    domain: str
    language: str
    my_first: str
    my_last: str

    @property
    def local(self) -> str:
        return f"{_ascii(self.first)}.{_ascii(self.last)}"

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def me(self) -> str:
        return f"{self.my_first.lower()}@{OURS}"

    def word(self, name: str, chance: random.Random) -> str:
        """What ``{name}`` stands for in a family."""
        if name == "hex":
            return f"{chance.getrandbits(80):020x}"
        if name in {"n", "n3", "n9"}:
            digits = {"n": 2, "n3": 3, "n9": 9}[name]
            return str(chance.randrange(10 ** (digits - 1), 10**digits))
        if name == "subject":
            return chance.choice(_SUBJECTS[self.language])
        words = {
            "first": self.first, "last": self.last, "name": f"{self.first} {self.last}", "local": self.local,
            "address": self.address, "domain": self.domain, "company": self.company.replace("-", " ").title(),
            "slug": self.company, "me": self.me, "my_first": self.my_first,
            "my_name": f"{self.my_first} {self.my_last}",
            "ours": OURS,
        }  # fmt: skip
        return words[name]


def make_cast(chance: random.Random) -> Cast:
    country = chance.choice(sorted(_PEOPLE))
    first, last, language = _PEOPLE[country]
    company = chance.choice(_COMPANIES)
    rep, name = chance.choice(_REPS)
    return Cast(chance.choice(first), chance.choice(last), company, f"{company}.{country}", language, rep, name)


def _ascii(name: str) -> str:
    spelt = unicodedata.normalize("NFKD", _ROMAN.get(name, name).replace("ł", "l").replace("Ł", "L").replace("ı", "i"))
    return "".join(c for c in spelt.replace("ß", "ss").lower() if c.isascii() and c.isalnum())
