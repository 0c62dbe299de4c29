from django.conf import settings
from django.http import HttpResponse
from django.urls import path


def greeting(request):
    return HttpResponse(settings.GREETING)


urlpatterns = [path("", greeting)]
