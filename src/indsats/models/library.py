"""The models at hand: those that come with indsats, and any file."""

from functools import lru_cache
from pathlib import Path

from indsats.domain.fields import allowed
from indsats.domain.model import Model
from indsats.errors import ModelInvalid, ValueInvalid
from indsats.models.extends import ModelFile, locate, shipped
from indsats.models.reader import read_model


def load(reference: str, directory: Path = Path()) -> Model:
    """A shipped model by `id` or `id@version`, or one by the path of its file, taken from `directory`.

    Raises `ModelInvalid` if there is none, or with every fault of the file.
    """
    try:
        file = locate(reference, directory)
    except ValueInvalid as fault:
        names = [name for name, _ in shipped()]
        raise ModelInvalid(f"{fault}; {allowed(reference, names, 'or the path of a file')}") from None
    return _load_shipped(file) if file.path in [path for _, path in shipped()] else read_model(file)


@lru_cache(maxsize=64)
def _load_shipped(file: ModelFile) -> Model:
    return read_model(file)


def load_all() -> list[Model]:
    """Every shipped model, by name."""
    return [load(name) for name, _ in shipped()]
