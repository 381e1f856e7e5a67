"""The words for people, in Danish and English, and how numbers are written in each."""

from collections.abc import Mapping
from fractions import Fraction

_WORDS: Mapping[str, tuple[str, str]] = {
    "anchor": ("udløst", "anchor"),
    "as_of": ("pr.", "as of"),
    "book_by": ("book senest", "book by"),
    "breached": ("overskredet", "breached"),
    "breaches": ("brud", "breaches"),
    "breaches_found": ("brud fundet", "breaches found"),
    "capacity": ("kapacitet", "capacity"),
    "cause": ("årsag", "cause"),
    "citizen": ("borger", "citizen"),
    "citizen_absent": ("borger udeblevet", "citizen absent"),
    "days_swept": ("dage gennemgået", "days swept"),
    "denominator": ("nævner", "denominator"),
    "due": ("senest", "due"),
    "expectations": ("forventninger opfyldt", "expectations that hold"),
    "facts": ("hændelser", "facts"),
    "file": ("fil", "file"),
    "irregular": ("uregelmæssige", "irregular"),
    "known_at": ("kendt", "known at"),
    "kpi": ("nøgletal", "kpi"),
    "lapsed": ("bortfaldet", "lapsed"),
    "met": ("opfyldt", "met"),
    "met_late": ("opfyldt for sent", "met late"),
    "model": ("model", "model"),
    "n": ("nr.", "n"),
    "no": ("nej", "no"),
    "numerator": ("tæller", "numerator"),
    "of": ("af", "of"),
    "on_hold": ("i bero", "on hold"),
    "open": ("åben", "open"),
    "pathways": ("forløb", "pathways"),
    "recorded": ("registreret", "recorded"),
    "refused": ("afvist", "refused"),
    "repeated": ("gentaget", "repeated"),
    "rule": ("regel", "rule"),
    "satisfied_on": ("opfyldt den", "satisfied on"),
    "scenarios": ("scenarier", "scenarios"),
    "share": ("andel", "share"),
    "status": ("status", "status"),
    "target": ("mål", "target"),
    "waived": ("frafaldet", "waived"),
    "withdrawals": ("tilbagetrækninger", "withdrawals"),
    "withdrawn": ("trukket tilbage", "withdrawn"),
    "yes": ("ja", "yes"),
}


class Labels:
    """The words of one language, `da` or `en`."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def word(self, key: str) -> str:
        """The word for a key of the output."""
        danish, english = _WORDS[key]
        return danish if self.lang == "da" else english

    def number(self, value: Fraction | None) -> str:
        """A count or median as it is written in the language, with two decimals at most; empty for None."""
        if value is None:
            return ""
        text = str(value) if value.denominator == 1 else f"{float(value):.2f}"
        return text.replace(".", ",") if self.lang == "da" else text

    def percent(self, share: Fraction | None) -> str:
        """A share in percent with one decimal, half up; empty for None."""
        if share is None:
            return ""
        tenths = (share * 2000 + 1) // 2
        text = f"{tenths // 10}.{tenths % 10}"
        return f"{text.replace('.', ',')} %" if self.lang == "da" else f"{text}%"
