"""Tables as other programs and data sets write them, each by its name; all songs are invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.catalogue.writer import SongRecord
from recommender.ingest.scales import Survey
from recommender.ingest.song_tables import layout_of
from recommender.ingest.table_files import TableFile
from recommender.ingest.table_import import MOOD

if TYPE_CHECKING:
    from pathlib import Path

ID = "0000000000000000000001"
LAMP = SongRecord(title="Blue Lamp", artists=("Nora Vale",))
IN_ALBUM = SongRecord(title="Blue Lamp", artists=("Nora Vale",), album="Night Bus")
PEERS: dict[str, tuple[str, SongRecord]] = {
    "Exportify": (
        '"Track URI","Track Name","Artist URI(s)","Artist Name(s)","Album URI","Album Name",'
        '"Album Release Date","Explicit","ISRC","Added At","Artist Genres","Energy","Valence",'
        '"Tempo"\n'
        f'"spotify:track:{ID}","Blue Lamp","spotify:artist:1, spotify:artist:2",'
        '"Nora Vale, Tall Ferns","spotify:album:1","Night Bus","2011-05-02","true","X",'
        '"2022-01-01T00:00:00Z","neo soul,indie soul","0.61","0.72","117.481"\n',
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale", "Tall Ferns"),
            album="Night Bus",
            year=2011,
            genre="neo soul",
            valence=0.44,
            energy=0.61,
            tempo=117.481,
            explicit=True,
            spotify_id=ID,
            tags=("indie soul",),
        ),
    ),
    "Exportify, of exportify.app": (
        "Spotify ID,Artist IDs,Track Name,Album Name,Artist Name(s),Release Date,Duration (ms),"
        "Popularity,Added By,Added At,Genres,Danceability,Energy,Valence,Tempo\n"
        f'{ID},1,Blue Lamp,Night Bus,"Nora Vale,Tall Ferns",2011,200000,5,x,2022-01-01,'
        '"neo soul,indie soul",0.7,0.61,0.72,117.481\n',
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale", "Tall Ferns"),
            album="Night Bus",
            year=2011,
            genre="neo soul",
            valence=0.44,
            energy=0.61,
            tempo=117.481,
            spotify_id=ID,
            tags=("indie soul",),
        ),
    ),
    "Exportify, of before 2021": (
        '"Spotify URI","Track Name","Artist Name","Album Name","Disc Number","Track Number",'
        '"Track Duration (ms)","Added By","Added At"\n'
        f'"spotify:track:{ID}","Blue Lamp","Nora Vale","Night Bus","1","6","200000","x","2019"\n',
        SongRecord(title="Blue Lamp", artists=("Nora Vale",), album="Night Bus", spotify_id=ID),
    ),
    "TuneMyMusic": (
        "Track name,Artist name,Album,Playlist name,Type,ISRC,Spotify - id\n"
        f'"Blue Lamp","Nora Vale","Night Bus","Mine","Playlist","X","{ID}"\n',
        SongRecord(title="Blue Lamp", artists=("Nora Vale",), album="Night Bus", spotify_id=ID),
    ),
    "Soundiiz": (
        "title;artist;album;isrc;addedDate;addedBy;url\n"
        f'"Blue Lamp";"Nora Vale";"Night Bus";X;"2022-01-01";x;'
        f'"https://open.spotify.com/track/{ID}?si=1"\n',
        SongRecord(title="Blue Lamp", artists=("Nora Vale",), album="Night Bus", spotify_id=ID),
    ),
    "YouTube Music": (
        "Song URL,Song Title,Album Title,Artist Names\n"
        "https://music.youtube.com/watch?v=00000000001,Blue Lamp,Night Bus,Nora Vale\n",
        IN_ALBUM,
    ),
    "YouTube Music, of 2024": (
        "Video ID,Song Title,Album Title,Artist Name 1,Artist Name 2,Artist Name 3\n"
        '00000000001,Blue Lamp,Night Bus,"Vale, Nora;",Tall Ferns,\n',
        SongRecord(title="Blue Lamp", artists=("Vale, Nora", "Tall Ferns"), album="Night Bus"),
    ),
    "Last.fm": (
        "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
        '"1700000000","12 Nov 2025, 10:00","Nora Vale","","Night Bus","","Blue Lamp",""\n',
        IN_ALBUM,
    ),
    "Last.fm, without a header": ("Nora Vale,Night Bus,Blue Lamp,12 Nov 2025 10:00\n", IN_ALBUM),
    "Deezer": (
        '"Title","Artist","Album","Duration"\n"Blue Lamp","Nora Vale","Night Bus","03:21"\n',
        IN_ALBUM,
    ),
    "Shazam": (
        "Shazam Library\nIndex,TagTime,Title,Artist,URL,TrackKey\n"
        '1,2025-01-01,"Blue Lamp","Nora Vale",https://www.shazam.com/track/1,1\n',
        LAMP,
    ),
    "Apple": (
        "Album Name,Artist Name,Song Name,Event Type,Media Duration In Milliseconds\n"
        "Night Bus,Nora Vale,Blue Lamp,PLAY_END,200000\n",
        IN_ALBUM,
    ),
    "Apple, played tracks": (
        "Track Name,Last Played Date,Is User Initiated\n"
        "Nora Vale - Blue Lamp - Live,1700000000000,true\n",
        SongRecord(title="Blue Lamp - Live", artists=("Nora Vale",)),
    ),
    "Apple, descriptions": (
        'Track Description,Event Type\n"Vale, Nora - Blue Lamp",PLAY_END\n',
        SongRecord(title="Blue Lamp", artists=("Vale, Nora",)),
    ),
    "iTunes": (
        "Name\tArtist\tComposer\tAlbum\tGenre\tYear\tBPM\r"
        "Blue Lamp\tNora Vale\t\tNight Bus\tSoul\t2011\t117\r",
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale",),
            album="Night Bus",
            year=2011,
            genre="soul",
            tempo=117.0,
        ),
    ),
    "MuSe": (
        "lastfm_url,track,artist,seeds,number_of_emotion_tags,valence_tags,arousal_tags,"
        "dominance_tags,mbid,spotify_id,genre\n"
        f"x,Blue Lamp,Nora Vale,['calm'],6,6.0,3.0,5.7,,{ID},rap\n",
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale",),
            genre="rap",
            valence=0.25,
            energy=0.25,
            spotify_id=ID,
            tags=("calm",),
        ),
    ),
    "Kaggle, spotify-2023": (
        "track_name,artist(s)_name,artist_count,released_year,released_month,bpm,key,mode,"
        'danceability_%,valence_%,energy_%\nBlue Lamp,"Nora Vale, Tall Ferns",2,2023,7,125,B,'
        "Major,80,8,83\n",
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale", "Tall Ferns"),
            year=2023,
            valence=-0.84,
            energy=0.83,
            tempo=125.0,
        ),
    ),
    "Kaggle, top10s": (
        ",title,artist,top genre,year,bpm,nrgy,dnce,dB,live,val,dur,acous,spch,pop\n"
        "1,Blue Lamp,Nora Vale,neo mellow,2010,97,89,67,-4,8,80,217,19,4,83\n",
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale",),
            year=2010,
            genre="neo mellow",
            valence=0.6,
            energy=0.89,
            tempo=97.0,
        ),
    ),
    "Kaggle, data": (
        "valence,year,artists,energy,explicit,id,name,release_date,tempo\n"
        f'0.25,1921,"[\'Sergei Nov\', ""Nora O\'Vale"", \'Vale, The\']",0.211,0,{ID},Blue Lamp,'
        "1921,80.954\n",
        SongRecord(
            title="Blue Lamp",
            artists=("Sergei Nov", "Nora O'Vale", "Vale, The"),
            year=1921,
            valence=-0.5,
            energy=0.211,
            tempo=80.954,
            spotify_id=ID,
        ),
    ),
    "Kaggle, spotify_songs": (
        "track_id,track_name,track_artist,track_album_name,track_album_release_date,"
        "playlist_genre,playlist_subgenre,energy,valence,tempo\n"
        f"{ID},Blue Lamp,Nora Vale,Night Bus,2011-05-02,pop,dance pop,0.5,0.75,100\n",
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale",),
            album="Night Bus",
            year=2011,
            genre="pop",
            valence=0.5,
            energy=0.5,
            tempo=100.0,
            spotify_id=ID,
            tags=("dance pop",),
        ),
    ),
    "R": (
        '"","Track.Name","Artist.Name","Genre","Beats.Per.Minute","Energy","Valence."\n'
        '"1","Blue Lamp","Nora Vale","soul",117,55,75\n',
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale",),
            genre="soul",
            valence=0.5,
            energy=0.55,
            tempo=117.0,
        ),
    ),
    "Excel in half of Europe": (
        "Titel;Interpret;Jahr;Sprache;valence;energy;BPM\r\n"
        "Blue Lamp;Nora Vale;2011;Deutsch;0,75;0,5;117,5 BPM\r\n",
        SongRecord(
            title="Blue Lamp",
            artists=("Nora Vale",),
            language="German",
            year=2011,
            valence=0.5,
            energy=0.5,
            tempo=117.5,
        ),
    ),
}


@pytest.mark.parametrize(("text", "song"), PEERS.values(), ids=PEERS)
def test_the_table_of_a_peer_is_read(tmp_path: Path, text: str, song: SongRecord) -> None:
    path = tmp_path / "songs.csv"
    path.write_bytes(text.encode())
    table = TableFile(path)
    layout = layout_of(table.header)
    survey = Survey({name: layout.columns[name] for name in MOOD if name in layout.columns})
    rows = [row or {} for _, row in table.rows()]
    for row in rows:
        survey.add(row)
    assert [layout.with_scales(survey.reading()).song(row) for row in rows] == [song]
