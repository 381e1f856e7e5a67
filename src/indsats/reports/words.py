"""The words of the reports, in Danish and English, and how numbers are written in each."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction

from indsats.domain.model import Title
from indsats.models.words import Lang, say

NOTHING = "-"
"""Stands in a cell where there is nothing to be said."""

_WORDS: Mapping[str, Title] = {
    "agrees": Title("Stemmer", "Agrees"),
    "all": Title("Alle", "All"),
    "annulled": Title("taget ud", "annulled"),
    "as_of": Title("Pr.", "As of"),
    "as_known_now": Title("som det vides nu", "as known now"),
    "as_known_then": Title("som det vidstes", "as known then"),
    "at_least": Title("mindst", "at least"),
    "at_most": Title("højst", "at most"),
    "breached": Title("Overskredet", "Breached"),
    "by": Title("senest", "by"),
    "changes_table": Title("Nøgletal, der er ændret", "Key figures that changed"),
    "choice": Title("Valg", "Choice"),
    "changes": Title("Ændret siden sidste rapport, og hvorfor", "What changed since the last report, and why"),
    "closing_days": Title("Lukkedage ud over weekend og helligdage", "Closing days beside weekends and holidays"),
    "computed": Title("Beregnet", "Computed"),
    "concerns": Title("Gælder", "Concerns"),
    "counted": Title("Regnet af", "Computed from"),
    "counts": Title("antal", "counts"),
    "counts_then_and_now": Title("Antal før -> nu", "Counts then -> now"),
    "difference": Title("Forskel (procentpoint)", "Difference (percentage points)"),
    "digest": Title("Modellens digest", "Digest of the model"),
    "figure": Title("Tal", "Figure"),
    "figures": Title("Nøgletal mod mål", "Key figures against targets"),
    "figures_table": Title("Nøgletal", "Key figures"),
    "known_at": Title("Kendt", "Known at"),
    "kpi": Title("Nøgletal", "Key figure"),
    "lapsed": Title("Bortfaldet", "Lapsed"),
    "last_known_at": Title("Sidste rapport kendt", "Last report known at"),
    "met": Title("Opfyldt", "Met"),
    "met_late": Title("Opfyldt for sent", "Met late"),
    "model": Title("Model", "Model"),
    "model_policies": Title("Valg for hele modellen", "Choices of the whole model"),
    "models": Title("Modeller, som forløb er eller har været under", "Models that pathways are or were under"),
    "municipality": Title("Kommune", "Municipality"),
    "no": Title("Nej", "No"),
    "no_figures": Title("Modellen har ingen nøgletal.", "The model has no key figures."),
    "no_notes": Title("Modellen nævner ingen.", "The model names none."),
    "no_rules": Title("Modellen har ingen regler, der kan brydes.", "The model has no rules that can be breached."),
    "not_computable": Title("kan ikke opgøres", "not computable"),
    "not_stated": Title("Valg, som ikke er angivet i kilden", "Choices not stated in the source"),
    "of": Title("af", "of"),
    "on_hold": Title("I bero", "On hold"),
    "on_time": Title("Procesregler til tiden", "Process rules on time"),
    "on_time_table": Title("Frister efter regel", "Due days by rule"),
    "open": Title("Åben", "Open"),
    "other": Title("intet registreret, som ved skift af model", "nothing registered, as when the model changed"),
    "pathway": Title("Forløb", "Pathway"),
    "pathways": Title("Forløb, der tæller anderledes", "Pathways that count otherwise"),
    "period": Title("Periode", "Period"),
    "policies": Title("Gældende valg", "The policies in force"),
    "policy": Title("Emne", "Subject"),
    "printed": Title(
        "Tal, som står i kilden, og hvad kildens egne antal giver",
        "Figures as the source prints them, and what its own counts give",
    ),
    "recorded": Title("registreret", "recorded"),
    "roll": Title("Når en frist falder på en lukkedag", "When a due day falls on a day off"),
    "rule": Title("Regel", "Rule"),
    "share": Title("andel", "share"),
    "share_on_time": Title("Andel til tiden", "Share on time"),
    "small_counts": Title("Små antal", "Small counts"),
    "source": Title("Kilde", "Source"),
    "spell_gap": Title(
        "Perioder på ydelse tæller som én, når der er mindre imellem dem end",
        "Benefit spells count as one when less lies between them than",
    ),
    "stated": Title("I kilden", "In the source"),
    "status_report": Title("Statusrapport", "Status report"),
    "suppressed": Title(
        "Antal fra 1 til 4 er udeladt, og det, der kan regnes ud af dem.",
        "Counts from 1 to 4 are left out, and what could be reckoned from them.",
    ),
    "target": Title("Mål", "Target"),
    "target_met": Title("Mål nået", "Target met"),
    "unchanged": Title("Ingen tal er ændret.", "No figure has changed."),
    "waived": Title("Frafaldet", "Waived"),
    "what": Title("Hvad der kom til", "What came in between"),
    "who": Title("De enkelte forløb", "The single pathways"),
    "whole_model": Title("Hele modellen", "The whole model"),
    "why": Title("Hvorfor", "Why"),
    "withdrawn": Title("brud trukket tilbage", "breach withdrawn"),
    "yes": Title("Ja", "Yes"),
    "roll_none": Title("bliver den stående", "it stays"),
    "roll_next_working_day": Title("flyttes den til næste arbejdsdag", "it moves to the next working day"),
    "roll_previous_working_day": Title("flyttes den til arbejdsdagen før", "it moves to the working day before"),
}

_SENTENCES: Mapping[str, Title] = {
    "figures": Title(
        "Pr. {after} mod mål, og til sammenligning pr. {before}, dagen før perioden; begge som kendt {known_at}.",
        "As of {after} against targets, and beside it as of {before}, the day before the period; both as known at "
        "{known_at}.",
    ),
    "on_time": Title(
        "Pligter med frist i perioden, og dem i bero uden kendt frist, som de stod pr. {as_of}. Andelen til tiden er "
        "opfyldt, af opfyldt, opfyldt for sent og overskredet.",
        "Obligations with a due day in the period, and those on hold with none known yet, as they stood as of {as_of}. "
        "The share on time is met, of met, met late and breached.",
    ),
    "changes": Title(
        "Nøgletallene pr. {before}, som de var kendt {last_known_at}, mod som de er kendt {known_at}.",
        "The key figures as of {before}, as known at {last_known_at}, against as known at {known_at}.",
    ),
}


class Words:
    """The words of one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang: Lang = lang

    def word(self, key: str) -> str:
        """The word for a key."""
        return say(_WORDS[key], self.lang)

    def sentence(self, key: str, **values: object) -> str:
        """The sentence for a key, with what it speaks of put in."""
        return say(_SENTENCES[key], self.lang).format(**values)

    def number(self, value: Fraction, decimals: int = 2) -> str:
        """Whole numbers as they are, others with so many decimals, half of the last one up (of negative ones down)."""
        if value.denominator == 1 and decimals == 2:
            return str(value.numerator)
        scale = 10**decimals
        whole, rest = divmod((abs(value) * scale * 2 + 1) // 2, scale)
        sign = "-" if value < 0 and (whole or rest) else ""
        return f"{sign}{whole}{',' if self.lang == 'da' else '.'}{rest:0{decimals}}"

    def percent(self, share: Fraction) -> str:
        """A share in percent, with one decimal."""
        return f"{self.number(100 * share, 1)}{' %' if self.lang == 'da' else '%'}"

    def printed(self, figure: str) -> str:
        """A number or percents as a model keeps them, such as `17.4 %`, in the form of the language."""
        return figure.replace(".", ",") if self.lang == "da" else figure.replace(" %", "%")

    def points(self, difference: Fraction) -> str:
        """Percentage points with one decimal and their sign."""
        text = self.number(difference, 1)
        return text if text.startswith("-") or not text.strip("0,.") else f"+{text}"

    def instant(self, at: datetime) -> str:
        """An instant of UTC to the second."""
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"
