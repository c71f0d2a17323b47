"""The server around the pages: its start, middleware and routes.

`app.py` hands them to Streamlit's server when that starts; no page imports this package.
"""
