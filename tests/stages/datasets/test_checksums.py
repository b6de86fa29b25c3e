from stages.datasets.checksums import FILES, missing_files


def test_a_file_counts_where_its_content_is_the_right_one(tmp_path, contents):
    assert missing_files(tmp_path / "nowhere") == list(FILES)
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert missing_files(tmp_path) == []
    short, other, gone, _ = contents
    (tmp_path / short).write_bytes(contents[short][:-1])
    (tmp_path / other).write_bytes(contents[other][:-1] + b"?")
    (tmp_path / gone).unlink()
    assert missing_files(tmp_path) == [short, other, gone]
