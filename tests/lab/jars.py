"""What the lab takes from Maven Central, pinned; test time only."""

from __future__ import annotations

from tools.maven import Artifact

DEX2JAR = tuple(
    Artifact(coordinates, sha256)
    for coordinates, sha256 in (
        (
            "de.femtopedia.dex2jar:dex-translator:2.4.24",
            "d54bf195ae04defd4a6cc401bf58644d34ce29c700b953a5f00f7f1d7b03da55",
        ),
        (
            "de.femtopedia.dex2jar:d2j-base-cmd:2.4.24",
            "9e976059a894ef840fa0032e9eb93ea6cafad2f1a986989fa0c5ea71bbd9149d",
        ),
        (
            "de.femtopedia.dex2jar:dex-reader-api:2.4.24",
            "809bcd19dcacd699ba0482c274d320b69d2e147109875b8c557729aae593c4ac",
        ),
        ("de.femtopedia.dex2jar:dex-ir:2.4.24", "e700750b790658fab0d5c782f68a1fbdc587ef8a29f8b32c816bf925d2945900"),
        ("de.femtopedia.dex2jar:dex-reader:2.4.24", "4a1f0b119ee853fdbb2b9e57cc10738ac906d111a8b6b0234da78f48dceb1ab2"),
        (
            "de.femtopedia.dex2jar:d2j-external:2.4.24",
            "3d502542727ac1696eebfbf0b6dbda538ba9a5822af2bf4bbe0b602ef02c0a10",
        ),
        ("org.ow2.asm:asm:9.7.1", "8cadd43ac5eb6d09de05faecca38b917a040bb9139c7edeb4cc81c740b713281"),
        ("org.ow2.asm:asm-analysis:9.7.1", "85b29371884ba31bb76edf22323c2c24e172c3267a67152eba3d1ccc2e041ef2"),
        ("org.ow2.asm:asm-commons:9.7.1", "9a579b54d292ad9be171d4313fd4739c635592c2b5ac3a459bbd1049cddec6a0"),
        ("org.ow2.asm:asm-tree:9.7.1", "9929881f59eb6b840e86d54570c77b59ce721d104e6dfd7a40978991c2d3b41f"),
        ("org.ow2.asm:asm-util:9.7.1", "f885be71b5c90556f5f1ad1c4f9276b29b96057c497d46666fe4ddbec3cb43c6"),
    )
)
"""dex2jar (Apache-2.0) and the ASM (BSD) that it needs."""
