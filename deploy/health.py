"""Exit with status 0 when the app of this container says that it is well; no package is needed.

Streamlit's `server.allowedHosts`, where it is set, must have 127.0.0.1 for this.
"""

import http.client
import os
import sys

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = "8501"
# In seconds; the container's health check waits a little longer.
TIMEOUT_S = 4


def is_well() -> bool:
    """Ask at the port and below the path that the container's variables name."""
    port = os.environ.get("PORT") or DEFAULT_PORT
    below = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    path = f"/{below}/_stcore/health" if below else "/_stcore/health"
    connection = http.client.HTTPConnection(LOOPBACK, int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not is_well())
