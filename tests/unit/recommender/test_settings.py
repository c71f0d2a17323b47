import json
from pathlib import Path

import platformdirs
import pytest
from aiortc import RTCIceServer
from aiortc.rtcicetransport import connection_kwargs

from recommender.db.engine import make_engine
from recommender.settings import BadSetting, Settings, settings_from
from recommender.turn.servers import CLOUDFLARE, urls_of

BASES = {
    "MOODRING_SPOTIFY_API": ("spotify_api", "https://api.spotify.com"),
    "MOODRING_SPOTIFY_ACCOUNTS": ("spotify_accounts", "https://accounts.spotify.com"),
    "MOODRING_YOUTUBE_API": ("youtube_api", "https://youtube.googleapis.com"),
    "MOODRING_DEEZER_API": ("deezer_api", "https://api.deezer.com"),
    "MOODRING_CLOUDFLARE_API": ("cloudflare_api", "https://rtc.live.cloudflare.com"),
}


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = settings_from({})
    assert settings == Settings()
    assert not settings.has_spotify_key
    assert settings.ice_servers == ()
    assert not settings.share_library
    assert settings.data_dir == platformdirs.user_data_path("moodring")


def test_an_empty_variable_counts_as_absent() -> None:
    names = [*BASES, "SPOTIPY_CLIENT_ID", "MOODRING_ICE_SERVERS", "MOODRING_DATA_DIR"]
    assert settings_from(dict.fromkeys(names, " ")) == Settings()


@pytest.mark.parametrize(
    ("name", "attribute", "least"),
    [
        ("MOODRING_COOKIE_SECRET", "cookie_secret", 32),
        ("MOODRING_OWNER_PASSWORD", "owner_password", 12),
    ],
)
def test_a_secret_is_long_and_no_message_tells_it(name: str, attribute: str, least: int) -> None:
    said = "canary" + "x" * (least - 6)
    assert getattr(settings_from({name: said}), attribute) == said
    assert "canary" not in repr(settings_from({name: said}))
    with pytest.raises(BadSetting, match=f"{name} must have {least} characters") as refusal:
        settings_from({name: said[:-1]})
    assert "canary" not in str(refusal.value)


def test_an_operator_sets_figures_logs_and_the_name_of_a_process() -> None:
    settings = settings_from(
        {
            "MOODRING_METRICS_PORT": "9100",
            "MOODRING_METRICS_ADDRESS": "::",
            "MOODRING_LOG": "json",
            "MOODRING_REPLICA": "moodring-7d9f8c6b5-abcde",
        }
    )
    assert (settings.metrics_port, settings.metrics_address, settings.log) == (9100, "::", "json")
    assert settings.replica == "moodring-7d9f8c6b5-abcde"
    usual = settings_from({})
    assert (usual.metrics_port, usual.metrics_address, usual.log) == (None, "127.0.0.1", "plain")
    assert usual.replica is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MOODRING_METRICS_PORT", "0", "from 1 to 65535"),
        ("MOODRING_METRICS_PORT", "65536", "from 1 to 65535"),
        ("MOODRING_METRICS_ADDRESS", "example.org", "such as 0.0.0.0"),
        ("MOODRING_LOG", "xml", "plain, json"),
        ("MOODRING_REPLICA", "A", "at most 63 small letters"),
        ("MOODRING_REPLICA", "a;b", "at most 63 small letters"),
        ("MOODRING_REPLICA", "a" * 64, "at most 63 small letters"),
    ],
)
def test_what_an_operator_mistypes_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(BadSetting, match=f"{name} must be .*{said}"):
        settings_from({name: value})


@pytest.mark.parametrize("value", ["yes", "2", "01"])
def test_a_switch_is_on_or_off(value: str) -> None:
    assert not settings_from({"MOODRING_SHOW_RATE": "0"}).show_rate
    with pytest.raises(BadSetting, match="MOODRING_SHARE_LIBRARY must be 0 or 1"):
        settings_from({"MOODRING_SHARE_LIBRARY": value})
    with pytest.raises(BadSetting, match="MOODRING_SHOW_RATE must be 0 or 1"):
        settings_from({"MOODRING_SHOW_RATE": value})


def test_deezer_is_asked_always_never_or_when_a_visitor_likes() -> None:
    assert settings_from({}).deezer == "ask"
    for value in ("ask", "on", "off"):
        assert settings_from({"MOODRING_DEEZER": value}).deezer == value
    with pytest.raises(BadSetting, match="MOODRING_DEEZER must be one of these: ask, on, off"):
        settings_from({"MOODRING_DEEZER": "1"})


@pytest.mark.parametrize("value", ["0", "-1", "many", "8.5", "257", "٨", "1_0", "9" * 5000])
def test_a_count_is_a_whole_number_in_its_range(value: str) -> None:
    with pytest.raises(BadSetting, match="MOODRING_MAX_VISITORS must be a whole number"):
        settings_from({"MOODRING_MAX_VISITORS": value})


def test_everything_can_be_set() -> None:
    settings = settings_from(
        {
            "SPOTIPY_CLIENT_ID": " some-id\n",
            "SPOTIPY_CLIENT_SECRET": "canary",
            "YOUTUBE_API_KEY": "canary-too",
            "MOODRING_ICE_SERVERS": json.dumps(
                [{"urls": ["turn:x.org"], "username": "me", "credential": "canary-three"}]
            ),
            "MOODRING_SERVER_ICE_SERVERS": '[{"urls": "turns:x.org:443"}]',
            "MOODRING_TURN_URLS": "turn:y.org turns:y.org",
            "MOODRING_TURN_SECRET": "canary-seven",
            "MOODRING_CLOUDFLARE_TURN_ID": "some-key",
            "MOODRING_CLOUDFLARE_TURN_TOKEN": "canary-eight",
            "MOODRING_DATA_DIR": "some/folder",
            "MOODRING_DATABASE_URL": "postgresql://me:canary-four@db.example.org/moodring",
            "MOODRING_SHARE_LIBRARY": "1",
            "MOODRING_SUBSONIC_URL": "http://192.168.1.4:4533/music/",
            "MOODRING_SUBSONIC_USER": " alice ",
            "MOODRING_SUBSONIC_PASSWORD": " canary-five ",
            "MOODRING_SUBSONIC_KEY": "canary-six",
            "MOODRING_SHOW_RATE": "1",
            "MOODRING_MAX_VISITORS": " 12 ",
        }
    )
    assert settings.has_spotify_key
    assert settings.show_rate
    assert settings.share_library
    assert settings.max_visitors == 12
    assert (settings.spotify_id, settings.spotify_secret) == ("some-id", "canary")
    assert settings.youtube_key == "canary-too"
    assert settings.ice_servers == (
        {"urls": ["turn:x.org"], "username": "me", "credential": "canary-three"},
    )
    assert (settings.turn_urls, settings.turn_secret) == (
        ("turn:y.org", "turns:y.org"),
        "canary-seven",
    )
    assert settings.cloudflare_turn_id == "some-key"
    assert settings.cloudflare_turn_token == "canary-eight"
    assert urls_of(settings.named_servers) == [
        *("turn:x.org", "turn:y.org", "turns:y.org", *urls_of([CLOUDFLARE]), "turns:x.org:443")
    ]
    assert settings.data_dir == Path("some/folder")
    assert settings.database_url == "postgresql://me:canary-four@db.example.org/moodring"
    assert settings.subsonic_url == "http://192.168.1.4:4533/music"
    # A password may begin with a blank.
    assert (settings.subsonic_user, settings.subsonic_password) == ("alice", " canary-five ")
    assert settings.subsonic_key == "canary-six"
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "music.example.org",
            "ftp://music.example.org",
            "http://",
            "http://host:0",
            "http://[::1",
        ),
        *("http://me:canary@host", "http://host?x=canary", "http://host/#canary", "http://a b"),
    ],
)
def test_a_music_server_needs_an_address_without_a_sign_in(url: str) -> None:
    with pytest.raises(BadSetting, match="MOODRING_SUBSONIC_URL must be an address") as refused:
        settings_from({"MOODRING_SUBSONIC_URL": url})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("kind", ["postgresql", "postgres", "mariadb", "mysql"])
def test_a_database_server_can_be_named(kind: str) -> None:
    url = f"{kind}://me@127.0.0.1:5432/moodring"
    assert settings_from({"MOODRING_DATABASE_URL": url}).database_url == url
    assert settings_from({}).database_url is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:can%40ary@host:5432/db?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgres://me:can%40ary@host.example:5432/db?sslmode=require",
        "postgresql://me@DB.Example.org/mood?application_name=moodring",
        "postgresql://me@[::1]:5432/moodring",
        "postgresql://me@[::1]/moodring",
        "mysql://me@127.0.0.1/moodring?charset=utf8mb4&ssl_ca=/etc/ca.pem",
        "mariadb://me@bücher.example:65535/moodring?ssl_check_hostname=true",
    ],
)
def test_what_a_database_needs_can_be_said_and_its_driver_takes_it(
    tmp_path: Path, url: str
) -> None:
    assert settings_from({"MOODRING_DATABASE_URL": url}).database_url == url
    engine = make_engine(tmp_path, url)
    engine.dialect.create_connect_args(engine.url)
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "oracle://me:canary@host/db",
        "postgresql://me:canary@/db",
        "postgresql://me:canary@host",
        "postgresql://me:canary@host/",
        "postgresql://me:canary@host:port/db",
        "postgresql://me:canary@[host/db",
        "postgresql://me:canary@host:/db",
        "mysql://me:canary@host:/db",
        "mysql://me:canary@host:0/db",
        "mysql://me:canary@host:65536/db",
        "mysql://me:canary@host:٣/db",
        "mysql://me:canary@[::1]:/db",
        "postgresql://me:canary@host:+5/db",
        "postgresql://me:can@canary@host/db",
        "postgresql://me:canary#@host/db",
        "postgresql://me:canary@host/db#canary",
        "postgresql://me:canary@host/d%00b",
        "postgresql://me:canary@host/d\udcffb",
        f"mysql://me:canary@{'a' * 64}/db",
        "mysql://me:canary@host..example/db",
        "POSTGRESQL://me:canary@host/db",
        "postgresql+asyncpg://me:canary@host/db",
        "postgresql://me:canary@host/db?canary=1",
        "postgresql://me:canary@host/db?password=canary",
        "postgresql://me:canary@host/db?host=canary",
        "postgresql://me:canary@host/db?service=canary",
        "postgresql://me:canary@host/db?options=-ccanary",
        "postgresql://me:canary@host/db?sslmode=canary",
        "postgresql://me:canary@host/db?sslmode=require&sslmode=require",
        "mysql://me:canary@host/db?canary=1",
        "mysql://me:canary@host/db?read_default_file=/etc/canary",
        "mysql://me:canary@host/db?init_command=canary",
        "mysql://me:canary@host/db?connect_timeout=canary",
        "mysql://me:canary@host/db?charset=canary",
        "mariadb://me:canary@host/db?sslmode=require",
        "canary",
    ],
)
def test_a_useless_database_is_named_and_its_password_not_repeated(url: str) -> None:
    with pytest.raises(BadSetting, match=r"^MOODRING_DATABASE_URL must .+[^.]\.$") as caught:
        settings_from({"MOODRING_DATABASE_URL": url})
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("oracle://h/db", "may begin with postgresql, postgres, mariadb, mysql"),
        ("postgresql://h", "such as .*, with the name of the database at its end"),
        ("postgresql://me:a@b@h/db", "such as .*; in a password, write @ as %40"),
        ("postgresql://h:0/db", "must have a port from 1 to 65535, or none"),
        (
            "postgresql://h/db?schema=x",
            "must be without schema; after . it may have sslmode, sslrootcert",
        ),
        ("postgresql://h/db?c4n=x", "without unknown parameters; after . it may have sslmode"),
        ("mysql://h/db?sslmode=require", "must be without sslmode; .* have charset, ssl_ca"),
        (
            "postgresql://h/db?sslmode=bogus",
            "must give sslmode one of these values: allow, disable, prefer",
        ),
        ("postgresql://h/db?sslcert=a&sslcert=b", "must give sslcert one value"),
    ],
)
def test_each_fault_of_an_address_has_its_sentence(url: str, said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        settings_from({"MOODRING_DATABASE_URL": url})


@pytest.mark.parametrize("half", ["MOODRING_TURN_URLS", "MOODRING_TURN_SECRET"])
def test_a_relay_needs_addresses_and_a_secret(half: str) -> None:
    whole = {"MOODRING_TURN_URLS": "turn:x.org", "MOODRING_TURN_SECRET": "canary"}
    with pytest.raises(BadSetting, match="MOODRING_TURN_URLS and MOODRING_TURN_SECRET") as refused:
        settings_from({half: whole[half]})
    assert "canary" not in str(refused.value)
    with pytest.raises(BadSetting, match="MOODRING_TURN_URLS must be addresses of TURN") as refused:
        settings_from(whole | {"MOODRING_TURN_URLS": "stun:canary"})
    assert "canary" not in str(refused.value)
    with pytest.raises(BadSetting, match="MOODRING_CLOUDFLARE_TURN_ID"):
        settings_from({"MOODRING_CLOUDFLARE_TURN_TOKEN": "canary"})


def test_the_servers_own_relay_needs_a_name_where_none_is_made_for_it() -> None:
    own = {"MOODRING_SERVER_ICE_SERVERS": '[{"urls": "turns:x.org"}]'}
    with pytest.raises(BadSetting, match="MOODRING_SERVER_ICE_SERVERS"):
        settings_from(own)
    secret = {"MOODRING_TURN_URLS": "turn:x.org", "MOODRING_TURN_SECRET": "s"}
    assert settings_from(own | secret).server_ice_servers == ({"urls": "turns:x.org"},)
    assert settings_from({"MOODRING_SERVER_ICE_SERVERS": "[]"}).server_ice_servers == ()
    assert settings_from({}).server_ice_servers is None


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(
    ("value", "base"),
    [
        ("http://127.0.0.1:8900", "http://127.0.0.1:8900"),
        ("http://127.0.0.1:8900/", "http://127.0.0.1:8900"),
        ("https://LOCALHOST", "https://localhost"),
        ("http://[::1]:1", "http://[::1]:1"),
    ],
)
def test_an_address_on_this_machine_is_taken(name: str, value: str, base: str) -> None:
    assert getattr(settings_from({name: value}), BASES[name][0]) == base


@pytest.mark.parametrize("name", BASES)
def test_the_real_address_is_taken_with_or_without_a_slash(name: str) -> None:
    field, real = BASES[name]
    assert getattr(settings_from({name: real}), field) == real
    assert getattr(settings_from({name: f"{real}/"}), field) == real


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(
    "value",
    [
        "http://api.spotify.com",
        "http://accounts.spotify.com",
        "http://youtube.googleapis.com",
        "https://example.org",
        "https://api.spotify.com.example.org",
        "https://api.spotify.com@example.org",
        "https://api.spotify.com:444",
        "http://user:canary@127.0.0.1",
        "http://127.0.0.1:8900/v1",
        "http://127.0.0.1:8900?x=1",
        "http://127.0.0.1:8900/#x",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://[::1",
        "http://127.0.0.1.example.org",
        "http://0.0.0.0:8900",
        "ftp://127.0.0.1",
        "127.0.0.1:8900",
        "file:///etc/passwd",
    ],
)
def test_any_other_address_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name) as refused:
        settings_from({name: value})
    assert str(refused.value).endswith(".")
    assert "canary" not in str(refused.value)


def test_one_service_is_no_place_for_another_ones_key() -> None:
    with pytest.raises(BadSetting, match="MOODRING_SPOTIFY_API"):
        settings_from({"MOODRING_SPOTIFY_API": "https://accounts.spotify.com"})


@pytest.mark.parametrize(
    "value",
    [
        *("canary", "{}", "3", "null", '["stun:x"]', "[{}]", "[" * 100_000),
        *('[{"urls": []}]', '[{"urls": [3]}]', '[{"urls": ""}]', '[{"urls": "stun:x"}, null]'),
        # Browsers or aiortc would refuse these later, at Start.
        *('[{"urls": "canary"}]', '[{"urls": "http://x"}]', '[{"urls": "stun:\\ud800"}]'),
        *('[{"urls": "stun:x:65536"}]', '[{"urls": "stun:x:0"}]', '[{"urls": "stun:x:٣"}]'),
        *('[{"urls": "stun:x?transport=udp"}]', '[{"urls": "turn:x"}]', '[{"urls": "stun://x"}]'),
        '[{"urls": "turn:x?transport=canary", "username": "a", "credential": "b"}]',
        '[{"urls": "turn:x", "username": "a", "credential": "\\ud800"}]',
        '[{"urls": "turn:x", "username": "a", "credential": null}]',
        '[{"urls": "stun:x", "more": 1e999}]',
    ],
)
def test_bad_ice_servers_are_refused_without_repeating_them(value: str) -> None:
    with pytest.raises(BadSetting, match="MOODRING_ICE_SERVERS") as refused:
        settings_from({"MOODRING_ICE_SERVERS": value})
    assert "canary" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["stun:stun.example.org", "stuns:192.0.2.1:5349", "turn:t.example:3478?transport=tcp"]
)
def test_ice_servers_of_each_kind_are_taken_and_aiortc_takes_them(url: str) -> None:
    server = {"urls": url, "username": "me", "credential": "word"}
    settings = settings_from({"MOODRING_ICE_SERVERS": json.dumps([server])})
    assert settings.ice_servers == (server,)
    connection_kwargs([RTCIceServer(**server)])


@pytest.mark.parametrize("name", ["SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET", "YOUTUBE_API_KEY"])
@pytest.mark.parametrize("value", ["canaré", "cana\nry", "cana\x00ry"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(
    name: str, value: str
) -> None:
    with pytest.raises(BadSetting, match=name) as refused:
        settings_from({name: value})
    assert "cana" not in str(refused.value)


def test_half_a_key_is_none() -> None:
    assert not settings_from({"SPOTIPY_CLIENT_ID": "some-id"}).has_spotify_key


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("http://127.0.0.1:9000/", "http://127.0.0.1:9000/"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/"),
        ("http://[::1]:8501/", "http://[::1]:8501/"),
        ("https://mood.example.org/listen/", "https://mood.example.org/listen/"),
    ],
)
def test_a_redirect_address_is_on_this_machine_or_https(value: str, address: str) -> None:
    assert settings_from({"MOODRING_REDIRECT_URI": value}).redirect_uri == address


@pytest.mark.parametrize(
    "value",
    [
        "http://localhost:8501/",
        "https://localhost:8501/",
        "http://example.org/",
        "http://127.0.0.1.example.org/",
        "http://me:canary@127.0.0.1:8501/",
        "https://x.org/?a=b",
        "https://x.org/#a",
        "https://x.org\\@y.org/",
        "https://x.org:99999/",
        "https://x.org/a b",
        "https://",
        "127.0.0.1:8501",
        "javascript:alert(1)",
    ],
)
def test_other_redirect_addresses_are_refused_without_repeating_them(value: str) -> None:
    with pytest.raises(BadSetting, match="MOODRING_REDIRECT_URI must be") as refused:
        settings_from({"MOODRING_REDIRECT_URI": value})
    assert "canary" not in str(refused.value)


def test_an_id_alone_lets_visitors_sign_in() -> None:
    settings = settings_from({"SPOTIPY_CLIENT_ID": "some-id", "MOODRING_DEMO": "1"})
    assert settings.has_spotify_app
    assert not settings.has_spotify_key
    assert settings.is_demo
    assert not settings_from({}).has_spotify_app
