"""The app's pages. Helpers live in `pages.ui`: Streamlit serves every file here as a page."""
