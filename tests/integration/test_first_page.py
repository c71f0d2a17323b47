"""What the first page costs, and that it stands without a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# Slow to import, and needed only once somebody has agreed and chosen the camera or a photo.
HEAVY = (
    "tensorflow",
    "keras",
    "mtcnn",
    "cv2",
    "av",
    "aiortc",
    "ai_edge_litert",
    "streamlit_webrtc",
)
DRAW = f"""
import json, sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
print(json.dumps({{
    "heavy": [name for name in {HEAVY!r} if name in sys.modules],
    "exceptions": [error.value for error in app.exception],
    "buttons": [button.key for button in app.button],
}}))
"""


def test_the_first_page_is_the_notice_and_loads_nothing_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:pages", "-c", DRAW],
        cwd=PROJECT,
        env={**os.environ, "MOODRING_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen == {"heavy": [], "exceptions": [], "buttons": ["agree", "no-camera"]}
