"""Clients in threads of their own, which go on until a block ends."""

import threading


class Clients:
    """Each thread calls ``run(number)``, which returns soon after ``stopping`` is set."""

    def __init__(self, count):
        self.stopping = False
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *raised):
        self.stopping = True
        for thread in self.threads:
            thread.join()
