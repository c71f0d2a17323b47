"""The server around the pages: what it does at its start, its headers, its routes.

`app.py` hands this to Streamlit's server when that starts; no page imports it.
"""
