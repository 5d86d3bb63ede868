# One image for the API, the workers and the jobs; the command says which of them a container is.
FROM python:3.13-slim-bookworm AS build
RUN python -m venv /venv
COPY requirements/serve.lock /build/serve.lock
# Wheels only: an image with a compiler in it is an image with a compiler to attack.
RUN /venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes --requirement /build/serve.lock
WORKDIR /app
COPY domain domain
COPY db db
COPY gateways gateways
COPY service service
COPY activities activities
COPY workflows workflows
COPY temporal_client temporal_client
COPY upkeep upkeep
COPY web web
COPY api api
COPY locales locales
COPY settings.py variables.py logs.py tracing.py worker.py ./
# The containers cannot write beside the code, and the workflow sandbox imports it again and again.
RUN /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash .

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 makewhole \
    && useradd --uid 10001 --gid makewhole --no-create-home --shell /usr/sbin/nologin makewhole \
    && install -d -o makewhole -g makewhole -m 0700 /keys /checkpoints /evidence /archives \
    && install -d -o makewhole -g makewhole -m 0755 /temporal /temporal/server /temporal/programs /temporal/operators
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "api"]
