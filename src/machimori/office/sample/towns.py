# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's five schemes, and a sixth that a city prepares: names, cameras, people. All of it is
invented but the cities' documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from machimori.kernel.ids import CameraId, ClassId, RecorderId
from machimori.office.shared.posts import Post

FILMED: Final = 21
"""At this hour of every evening there is footage."""
MINUTES: Final = 2
"""And for so many minutes."""


@dataclass(frozen=True, kw_only=True)
class SampleCamera:
    """A camera as the register knows it."""

    id: CameraId
    name: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Town:
    """A scheme of the demo."""

    id: str
    """SchemeId."""
    scheme: str
    """Its name on the pages."""
    section: str
    cameras: tuple[SampleCamera, ...]
    people: Mapping[Post, str]
    """Who holds which post, in the order in which the sign-in page lists them."""
    ground: str
    """The ground on which the police ask here."""
    document: str
    """The paper with which they ask; empty if the document asks for none."""
    police: str
    """Who asks."""
    station: str = ""
    """The police station whose officers work in the scheme."""
    follows: str = ""
    """The profile's id where it is not the scheme's own."""
    starts: bool = True
    """Without, the city has not decided what its document leaves open."""
    tried_first: bool = False
    """Whether a new user is led through a case of it."""

    @property
    def profile(self) -> str:
        """The id of the rules that it follows."""
        return self.follows or self.id

    @property
    def retention_class(self) -> ClassId:
        """Its cameras' class; the vault knows classes by their names alone."""
        return ClassId(f"{self.id}-street")

    @property
    def recorder(self) -> RecorderId:
        """What records its cameras."""
        return RecorderId(f"rec-{self.id}")


def _cameras(town: str, *said: tuple[str, str]) -> tuple[SampleCamera, ...]:
    return tuple(
        SampleCamera(id=CameraId(f"{town}-{number}"), name=name, place=place)
        for number, (name, place) in enumerate(said, 1)
    )


TOWNS: Final[tuple[Town, ...]] = (
    Town(
        id="sakai",
        scheme="堺市役所本庁舎防犯カメラ",
        tried_first=True,
        section="総務課",
        cameras=_cameras(
            "sakai", ("正面玄関", "本館1階 正面玄関"), ("地下駐車場", "地下1階 駐車場入口")
        ),
        people={
            "system_manager": "堺 花子",
            "operator": "大浜 次郎",
            "viewer": "浜寺 美咲",
            "guard": "三国 守",
            "auditor": "中百舌鳥 監",
            "system_administrator": "泉北 情",
        },
        ground="investigation",
        document="investigative_inquiry",
        police="堺警察署 刑事課",
    ),
    Town(
        id="inzai",
        scheme="印西市防犯カメラ",
        section="市民活動推進課",
        cameras=_cameras(
            "inzai", ("木下駅南口", "木下駅南口 駅前広場"), ("中央公園", "中央公園 入口の道路")
        ),
        people={
            "system_manager": "印旛 和子",
            "operator": "木下 健",
            "auditor": "小林 明",
            "system_administrator": "大森 翔",
        },
        ground="investigation",
        document="",
        police="印西警察署 刑事課",
    ),
    Town(
        id="asahikawa",
        scheme="旭川市街頭防犯カメラ",
        section="交通防犯課",
        cameras=_cameras(
            "asahikawa", ("三条通6丁目", "三条通6丁目 交差点"), ("平和通", "平和通買物公園 4条")
        ),
        people={
            "system_manager": "神楽 直子",
            "handling_supervisor": "永山 誠",
            "operator": "東光 さやか",
            "police_image_manager": "忠和 剛",
            "police_operator": "春光 翼",
            "auditor": "豊岡 実",
            "system_administrator": "末広 亮",
        },
        ground="law",
        document="investigative_inquiry",
        police="旭川中央警察署 刑事課",
        station="旭川中央警察署",
    ),
    Town(
        id="saga",
        scheme="佐賀市みんなで防犯カメラ",
        section="生活安全課",
        cameras=_cameras(
            "saga", ("愛敬通り北", "愛敬通り 北の入口"), ("通学路 神野", "神野東 通学路の角")
        ),
        people={
            "system_manager": "神野 優子",
            "handling_supervisor": "高木瀬 進",
            "police_image_manager": "鍋島 勇",
            "police_operator": "巨勢 大輔",
            "auditor": "兵庫 恵",
            "system_administrator": "開成 聡",
        },
        ground="incident",
        document="investigative_inquiry",
        police="佐賀南警察署 刑事課",
        station="佐賀南警察署",
    ),
    Town(
        id="matsudo",
        scheme="松戸市民参加型街頭防犯カメラ",
        section="市民安全課",
        cameras=_cameras(
            "matsudo",
            ("常盤平 田中宅", "常盤平3丁目 市道"),
            ("新松戸 書店前", "新松戸1丁目 商店街"),
        ),
        people={
            "system_manager": "常盤 文子",
            "handling_supervisor": "小金 学",
            "host": "田中 一郎",
            "auditor": "馬橋 静",
            "system_administrator": "八柱 光",
        },
        ground="police",
        document="written_request",
        police="松戸警察署 刑事課",
    ),
    Town(
        id="asahikawa-ekimae",
        scheme="旭川市駅前防犯カメラ（準備中）",
        section="交通防犯課",
        cameras=(),
        people={"system_manager": "宮下 準", "auditor": "緑町 査"},
        ground="law",
        document="investigative_inquiry",
        police="旭川中央警察署 刑事課",
        follows="asahikawa",
        starts=False,
    ),
)
