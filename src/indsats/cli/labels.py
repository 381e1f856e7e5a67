"""The words for people, in Danish and English, and how numbers are written in each."""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction

_WORDS: Mapping[str, tuple[str, str]] = {
    "above": ("over", "above"),
    "anchor": ("udløst", "anchor"),
    "as_of": ("pr.", "as of"),
    "annulled": ("taget ud", "annulled"),
    "attempts": ("forsøg", "attempts"),
    "away": ("modtager svarede ikke", "receiver did not answer"),
    "before": ("før", "before"),
    "below": ("under", "below"),
    "book_by": ("book senest", "book by"),
    "breached": ("overskredet", "breached"),
    "breaches": ("brud", "breaches"),
    "breaches_found": ("brud fundet", "breaches found"),
    "busy": ("en anden er i gang", "another one is at it"),
    "capacity": ("kapacitet", "capacity"),
    "caught_up": ("indhentet", "caught up"),
    "cause": ("årsag", "cause"),
    "citizen": ("borger", "citizen"),
    "citizen_absent": ("borger udeblevet", "citizen absent"),
    "closed_left": ("lukkede forløb, som de var", "closed pathways left as they are"),
    "column": ("kolonne", "column"),
    "database": ("database", "database"),
    "days_left": ("dage tilbage", "days left"),
    "days_swept": ("dage gennemgået", "days swept"),
    "dead": ("opgivet", "given up"),
    "delivered": ("afleveret", "delivered"),
    "denominator": ("nævner", "denominator"),
    "dry_run": ("prøve, intet registreret:", "dry run, nothing recorded:"),
    "due": ("senest", "due"),
    "due_pathways": ("forløb at gennemgå", "pathways to sweep"),
    "engine": ("motor", "engine"),
    "entries": ("kalenderposter", "entries"),
    "event": ("fund", "finding"),
    "events": ("begivenheder", "events"),
    "expectations": ("forventninger opfyldt", "expectations that hold"),
    "facts": ("hændelser", "facts"),
    "failed": ("mislykket", "failed"),
    "fault": ("fejl", "fault"),
    "faults": ("fejl", "faults"),
    "file": ("fil", "file"),
    "forgotten": ("glemte nøgler", "forgotten keys"),
    "form": ("form", "form"),
    "found_on": ("fundet den", "found on"),
    "full": ("fuldt", "full"),
    "handled_by": ("af", "by"),
    "handled_on": ("den", "on"),
    "high": ("højst", "at most"),
    "irregular": ("uregelmæssige", "irregular"),
    "key": ("nøgle", "key"),
    "keys": ("nøgler ved hånden", "keys at hand"),
    "known_at": ("kendt", "known at"),
    "kpi": ("nøgletal", "kpi"),
    "lapsed": ("bortfaldet", "lapsed"),
    "last_position": ("sidste position", "last position"),
    "limit": ("grænse", "limit"),
    "low": ("mindst", "at least"),
    "met": ("opfyldt", "met"),
    "met_late": ("opfyldt for sent", "met late"),
    "model": ("model", "model"),
    "models": ("modeller", "models"),
    "more": ("der er flere", "there are more"),
    "moved": ("flyttet", "moved"),
    "n": ("nr.", "n"),
    "new_worker": ("hidtil ukendt", "not known before"),
    "next_due": ("første frist", "first due"),
    "no": ("nej", "no"),
    "not_computable": ("kan ikke opgøres", "not computable"),
    "notification": ("besked", "notification"),
    "numerator": ("tæller", "numerator"),
    "obligations": ("pligter", "obligations"),
    "of": ("af", "of"),
    "oldest_due": ("ældste dag", "oldest day"),
    "on_hold": ("i bero", "on hold"),
    "open": ("åben", "open"),
    "open_obligations": ("åbne pligter", "open obligations"),
    "pathway": ("forløb", "pathway"),
    "pathways": ("forløb", "pathways"),
    "phase": ("fase", "phase"),
    "put_back": ("lagt tilbage", "put back"),
    "reason": ("hvorfor", "reason"),
    "rebuilt": ("genopbygget", "rebuilt"),
    "recorded": ("registreret", "recorded"),
    "refused": ("afvist", "refused"),
    "remark": ("bemærkning", "remark"),
    "repeated": ("gentaget", "repeated"),
    "responsible": ("ansvarlig", "responsible"),
    "retry_at": ("prøves igen", "tried again at"),
    "rewrapped": ("nøgler pakket om", "keys wrapped anew"),
    "role": ("rolle", "role"),
    "row": ("række", "row"),
    "rows": ("rækker", "rows"),
    "rule": ("regel", "rule"),
    "satisfied_on": ("opfyldt den", "satisfied on"),
    "scenarios": ("scenarier", "scenarios"),
    "set_aside": ("lagt til side", "set aside"),
    "share": ("andel", "share"),
    "size": ("størrelse", "size"),
    "state": ("tilstand", "state"),
    "status": ("status", "status"),
    "step": ("trin", "step"),
    "steps": ("nye trin", "new steps"),
    "streams": ("strømme", "streams"),
    "subject": ("hvad", "subject"),
    "table": ("tabel", "table"),
    "target": ("mål", "target"),
    "to_remove": ("nøgler at fjerne", "keys to remove"),
    "type": ("art", "type"),
    "unchanged": ("uændret", "unchanged"),
    "unit": ("enhed", "unit"),
    "value": ("værdi", "value"),
    "visited": ("gennemgået", "visited"),
    "waiting": ("venter", "waiting"),
    "waived": ("frafaldet", "waived"),
    "withdrawals": ("tilbagetrækninger", "withdrawals"),
    "withdrawn": ("trukket tilbage", "withdrawn"),
    "within": ("inden for", "within"),
    "without_due_day": ("i bero uden frist", "on hold without a due day"),
    "worker": ("medarbejder", "worker"),
    "wrapped_under": ("nøgler i brug", "keys in use"),
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

    def points(self, as_of: date, known_at: datetime) -> str:
        """The two points from which something is looked at, in one line."""
        return f"{self.word('as_of')} {as_of}, {self.word('known_at')} {known_at:%Y-%m-%dT%H:%M:%SZ}"

    def number(self, value: Fraction | int | None) -> str:
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
