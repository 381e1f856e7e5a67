"""The models by digest: those at hand, and those that the database kept when they were first used."""

import json
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection, select

from indsats.domain.model import Model
from indsats.errors import ModelMissing
from indsats.models.form import form_of
from indsats.models.reader import read_form
from indsats.store import tables
from indsats.store.connection import Database, driver_sql

_KEEP = "INSERT INTO indsats_models (digest, model, form, first_used_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"


class StoredModels(Mapping[str, Model]):
    """Models by digest. One that is not at hand is read from the database, as it was when it was first used.

    A file that is lost or was changed since therefore makes no pathway unreadable. Raises `ModelMissing` for a digest
    that is in neither place.
    """

    def __init__(self, database: Database, models: Iterable[Model]) -> None:
        self._database = database
        self._models = {model.digest: model for model in models}
        self._forms: dict[str, str] = {}

    def __getitem__(self, digest: str) -> Model:
        model = self._models.get(digest)
        if model is None:
            model = self._models[digest] = self._stored(digest)
        return model

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._models))

    def __len__(self) -> int:
        return len(self._models)

    def add(self, model: Model) -> None:
        """Have a model at hand."""
        self._models.setdefault(model.digest, model)

    def keep(self, connection: Connection, digest: str, at: str) -> None:
        """Store a model in the transaction that uses it, unless it is stored already; `at` is a stored instant."""
        model = self[digest]
        if digest not in self._forms:
            self._forms[digest] = json.dumps(form_of(model), ensure_ascii=False)
        driver_sql(connection, _KEEP, (digest, model.reference, self._forms[digest], at))

    def _stored(self, digest: str) -> Model:
        with self._database.read() as connection:
            found = connection.execute(
                select(tables.models.c.model, tables.models.c.form).where(tables.models.c.digest == digest)
            ).one_or_none()
        if found is None:
            raise ModelMissing(f"the model with digest {digest} is neither stored nor among those at hand")
        model = read_form(found.model, found.form)
        if model.digest != digest:
            raise ModelMissing(f"the stored model {found.model} has the digest {model.digest} and not {digest}")
        return model
