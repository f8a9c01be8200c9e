"""Compiled XML and the resource table: the chunks of AOSP ``ResourceTypes.h``, read with bounds and edited in place."""
