"""A FastAPI program with settings of pydantic. Start it with `uvicorn main:app`."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import SecretStr

from clovrix_env.integrations.pydantic_settings import ClovrixSettings


class Settings(ClovrixSettings):
    greeting: str
    secret_key: SecretStr
    port: int = 8000


@lru_cache
def get_settings():
    return Settings()


app = FastAPI()


@app.get("/")
def greeting(settings: Annotated[Settings, Depends(get_settings)]):
    return {"greeting": settings.greeting}
