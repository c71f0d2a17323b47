"""The JavaScript of the pages' components, one file each."""

from pathlib import Path


def script(name: str) -> str:
    """Return the JavaScript module of a component.

    Parameters
    ----------
    name : str, name of its file without the ending
    """
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
