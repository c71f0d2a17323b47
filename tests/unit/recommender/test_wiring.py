import time
from pathlib import Path

import pytest

from recommender.errors import Unavailable
from recommender.settings import Settings
from recommender.types import Mood, Query, SourceName
from recommender.wiring import OutOfOrder, wire

QUERY = Query(Mood(0.8, 0.7), "happy")


def test_without_a_key_only_the_catalogue_is_asked(tmp_path: Path) -> None:
    (catalogue,) = wire(Settings(data_dir=tmp_path)).sources
    assert catalogue.name is SourceName.CATALOGUE
    assert catalogue.search(QUERY, deadline=time.monotonic() + 5)


def test_with_a_key_spotify_is_asked_first(tmp_path: Path) -> None:
    settings = Settings(spotify_id="id", spotify_secret="canary", data_dir=tmp_path)
    names = [source.name for source in wire(settings).sources]
    assert names == [SourceName.SPOTIFY, SourceName.CATALOGUE]


def test_a_catalogue_that_cannot_be_opened_says_so_when_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wired = wire(Settings(data_dir=tmp_path / "file" / "folder"))
    assert wired.catalogue is None
    (catalogue,) = wired.sources
    assert isinstance(catalogue, OutOfOrder)
    assert catalogue.name is SourceName.CATALOGUE
    for _ in range(2):
        with pytest.raises(Unavailable, match="catalogue"):
            catalogue.search(QUERY, deadline=time.monotonic() + 5)
