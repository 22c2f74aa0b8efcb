"""Tiny data sets in their documented layouts, traps included."""

from pathlib import Path

import cv2
import numpy as np


def picture(path: Path, value: int = 90) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((120, 160, 3), value, np.uint8))


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def ck_plus(root: Path) -> Path:
    """S005/001 smiles and is coded; S010/002 is surprised; S011/001 has no labels at all; a Finder file lies about."""
    for subject, sequence, frames in (("S005", "001", 3), ("S010", "002", 2), ("S011", "001", 2)):
        for i in range(1, frames + 1):
            picture(root / f"cohn-kanade-images/{subject}/{sequence}/{subject}_{sequence}_{i:08d}.png")
    (root / "cohn-kanade-images/S005/.DS_Store").write_bytes(b"x")
    text(
        root / "FACS/S005/001/S005_001_00000003_facs.txt",
        "   6.0000000e+00   0.0000000e+00\n   1.2000000e+01   3.0000000e+00\n",
    )
    text(root / "Emotion/S005/001/S005_001_00000003_emotion.txt", "   6.0000000e+00\n")
    text(root / "FACS/S010/002/S010_002_00000002_facs.txt", "  1.0  4.0\n  27.0\t5.0\n")
    return root


def disfa(root: Path) -> Path:
    """SN001 as pictures, labelled from 1; one label more than there are frames, one unit without its last label."""
    for i in range(4):
        picture(root / f"img/SN001/{i}.png")
    text(root / "ActionUnit_Labels/SN001/SN001_au12.txt", "1,0\n2,3\n3,5\n4,1\n5,2\n")
    text(root / "ActionUnit_Labels/SN001/SN001_au4.txt", "1,1\n2,0\n3,0\n")
    return root


def disfa_plus(root: Path) -> Path:
    """SN003 as unpacked twice over; a trial without labels."""
    for i in range(3):
        picture(root / f"Images/SN003/SN003/A1_AU1_TrailNo_1/{i:03d}.jpg")
        picture(root / f"Images/SN003/SN003/Z_SupriseText_TrailNo_2/{i:03d}.jpg")
    header = "# frames\n# AU1\n"
    text(root / "Labels/SN003/SN003/A1_AU1_TrailNo_1/AU1.txt", header + "000.jpg 0\n001.jpg 2\n002.jpg 4\n")
    text(root / "Labels/SN003/SN003/A1_AU1_TrailNo_1/AU2.txt", header + "002.jpg 1\n")
    return root


def yfp(root: Path) -> Path:
    """Videos 1 and 7 of one patient, nested; not every frame labelled; one label file that is no XML."""
    for video, frames in (("1", (5, 10, 15)), ("7", (0, 5))):
        for frame in frames:
            picture(root / f"Image/Image/{video}/{frame}.bmp")
    text(root / "Image_large_XML/1/5.xml", "<annotation><object><name>Normal_Eyes</name></object></annotation>")
    text(
        root / "Image_large_XML/1/10.xml", "<annotation><object><name>Normal_Eyes</name><name>SlightPalsy_Mouth</name>"
    )
    text(root / "Image_large_XML/7/mouth/0.xml", "<name>StrongPalsy_Mouth</name><pose>Left</pose>")
    text(root / "Image_large_XML/7/eyes/0.xml", "<name>Normal_Eyes</name>")
    text(root / "subjects.txt", "1 7\n")
    text(root / "house_brackmann.csv", "subject,grade\n1,5\n")
    return root


def meei(root: Path) -> Path:
    """A healthy person with a video, a patient with pictures in both spellings of the ending."""
    base = root / "MEEI_Standard_Set"
    picture(base / "Normals/Normal8/Normal8_1.jpg")
    (base / "Normals/Normal8/Normal8.mp4").write_bytes(b"0")
    picture(base / "Flaccid/CompleteFlaccid/CompleteFlaccid1/CompleteFlaccid1_1.jpg")
    picture(base / "Flaccid/CompleteFlaccid/CompleteFlaccid1/CompleteFlaccid1_2.jpg")
    shouting = base / "Flaccid/CompleteFlaccid/CompleteFlaccid1/CompleteFlaccid1_2.jpg"
    shouting.rename(shouting.with_suffix(".JPG"))
    text(base / "house_brackmann.csv", "subject,grade\nCompleteFlaccid1,6\n")
    return root


TREES = {"CK+": ck_plus, "DISFA": disfa, "DISFA+": disfa_plus, "YFP": yfp, "MEEI": meei}
