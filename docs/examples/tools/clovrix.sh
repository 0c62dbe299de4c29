# ~/.config/direnv/lib/clovrix.sh makes this function known to every .envrc:
#   use clovrix [OPTIONS of clovrix-env export]
use_clovrix() {
    local values
    watch_file .clovrix .env .env.local .env.*
    # Two steps: a failure of the first ends the .envrc, and sets nothing.
    values=$(clovrix-env export --quiet --format shell "$@") || return
    eval "$values"
}
