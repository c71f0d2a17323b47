"""What the visitor sees. Helpers live in `pages.ui`: Streamlit takes every file here for a page."""
