# One image for coordinators and workers of linux/amd64 and linux/arm64: docker build -t e2a-swarm .
#
# BASE is a system with glibc, and Python 3.11 to 3.14 with pip. docs/containers.md tells how to build without a network.
ARG BASE=python:3.13-slim-trixie
# "[notify]" is for messages of `serve --notify`; "[coqui,notify]" makes the image for NVIDIA's GPUs
ARG EXTRAS=[notify]

FROM ${BASE} AS build
ARG EXTRAS
# all packages are wheels but two, which hold nothing to be compiled: docopt, and Coqui's unidic-lite
ARG PIP_ONLY_BINARY=:all:
ARG PIP_NO_BINARY=docopt,unidic-lite
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
RUN --mount=type=bind,target=/src \
    python3 -m venv --without-pip /opt/e2a-swarm \
 && python3 -m pip --python /opt/e2a-swarm/bin/python install --no-cache-dir --no-warn-script-location "/src${EXTRAS}" \
 && /opt/e2a-swarm/bin/python /src/containers/trim.py /opt/e2a-swarm \
 && /opt/e2a-swarm/bin/python /src/containers/licences.py > /opt/e2a-swarm/licences.txt \
 && /opt/e2a-swarm/bin/e2a-swarm --version

FROM ${BASE}
ARG EXTRAS
LABEL org.opencontainers.image.title="e2a-swarm" \
      org.opencontainers.image.description="One book, all the machines in the house, one audiobook" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
COPY --from=build /opt/e2a-swarm /opt/e2a-swarm
COPY containers/prepare.py /opt/e2a-swarm/prepare.py
# whoever runs the image may write to /data: `--user` takes any number
RUN mkdir -m 1777 /data
ENV PATH=/opt/e2a-swarm/bin:$PATH \
    HOME=/data \
    E2A_SWARM_HOME=/data \
    E2A_SWARM_PULSE=/dev/shm/e2a-swarm.pulse \
    E2A_SWARM_IMAGE_EXTRAS=${EXTRAS} \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 1000:1000
VOLUME /data
WORKDIR /data
EXPOSE 5847 5848
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-m", "swarm.system.pulse"]
ENTRYPOINT ["e2a-swarm"]
CMD ["--help"]
