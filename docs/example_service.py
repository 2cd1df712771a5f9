"""A small service: post a recording, get its score and why. `uvicorn example_service:app`, once `pip install 'qa-speech[desk]'`.

curl --data-binary @call.wav 'http://127.0.0.1:8000/calls?name=call.wav'
"""

import os
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request

import qa_speech

MODEL = os.environ.get("MODEL", "demo")
CARD = qa_speech.load_scorecard(os.environ.get("CARD", "telecom-hotline"))


@asynccontextmanager
async def lifespan(app: FastAPI):
    with qa_speech.RecognizerPool([qa_speech.load_recognizer(MODEL)], calls=2, waiting=8) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/calls")
async def inspect(request: Request, name: str = "call.wav"):
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as file:
        async for piece in request.stream():
            file.write(piece)
        file.flush()
        try:
            report = await app.state.pool.inspect(file.name, scorecard=CARD)
        except qa_speech.BusyError as error:
            raise HTTPException(503, str(error), {"Retry-After": "30"}) from error
        except qa_speech.QaSpeechError as error:
            raise HTTPException(422, type(error).__name__) from error
    return {"total": report.score.total, "band": report.score.band, "why": qa_speech.explain(report.score)}
