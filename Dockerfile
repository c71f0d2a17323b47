# Moodring for a server: `docker build -t moodring .`, then
# `docker run --read-only --tmpfs /tmp -p 8501:8501 -v moodring:/data moodring`.
# /data is all that is kept, and with /tmp all that is written. PORT is listened at, 8501 by default.
# `make image-check` builds and walks it with buildah, on a base of Debian's packages.
ARG BASE=docker.io/library/python:3.11-slim

FROM ${BASE} AS install
COPY requirements-serve.txt /
RUN python3 -m venv /opt/moodring \
    && /opt/moodring/bin/python -m pip --disable-pip-version-check install --quiet --no-cache-dir \
        --no-compile --require-hashes --only-binary :all: -r /requirements-serve.txt \
    && /opt/moodring/bin/python -m pip check
# What nothing here reads at run time: tests, headers, pip, Google's other services, Arrow's way to other
# machines, accelerators of LiteRT, notebooks' widgets, OpenCV's cascades, CLDR of languages that no page
# speaks. What is left is not compiled, which would take as much space as its text.
RUN cd /opt/moodring/lib/python3*/site-packages \
    && find googleapiclient/discovery_cache/documents -name '*.json' ! -name youtube.v3.json -delete \
    && find babel/locale-data -name '*.dat' \
        ! -regex '.*/\(root\|ar\|de\|en\|es\|fr\|hi\|ja\|pt\|ta\)\(_.*\)?[.]dat' -delete \
    && find . -type d \( -name tests -o -name include \) -prune -exec rm -r {} + \
    && rm -r /opt/moodring/share pip pip-* cv2/data/*.xml pyarrow/*flight* pyarrow/*_s3* pydeck/nbextension/static \
        plotly/labextension plotly/package_data/widgetbundle.js \
        ai_edge_litert/tools ai_edge_litert/vendors ai_edge_litert/*WebGpu*

FROM ${BASE}
RUN useradd --uid 1000 --user-group --create-home moodring \
    && install --directory --owner=moodring --group=moodring --mode=700 /data
COPY --from=install /opt/moodring /opt/moodring
WORKDIR /app
COPY . .
ENV PATH=/opt/moodring/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    MOODRING_DATA_DIR=/data
# A read-only disk keeps no compiled modules: ours are compiled here.
RUN python -m compileall -q -j 0 detectors pages recommender app.py
USER 1000:1000
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "deploy/health.py"]
CMD ["sh", "-c", "exec streamlit run app.py --server.port \"${PORT:-8501}\""]
