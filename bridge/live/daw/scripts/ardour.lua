ardour {
  ["type"] = "EditorHook",
  name = "Latent Bridge",
  author = "Latent Bridge",
  license = "Apache-2.0",
  description = [[Prints what the band played as MIDI regions, when Latent Bridge asks for it.]],
}

function signals()
  return LuaSignal.Set():add({ [LuaSignal.LuaTimerDS] = true })
end

-- Every function is inside factory(): Ardour runs nothing else of the script.
function factory()
  @EXCHANGE@
  local ARDOUR_TICKS = 2 -- of Ardour (1920 a quarter note), in one of ours
  local SEED = "Latent Bridge seed"
  local SEED_SAMPLES = 64
  local SEED_AT = 48000 * 3600 * 24 -- samples: a day after the song's beginning
  local seed_id

  local function midi() return ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1) end

  local function place(ticks) return Temporal.timepos_t.from_ticks(ticks * ARDOUR_TICKS) end

  local function span(ticks, at)
    return Temporal.timecnt_t.from_ticks(ticks * ARDOUR_TICKS, place(at))
  end

  local function beats(ticks)
    ticks = ticks * ARDOUR_TICKS
    return Temporal.Beats(ticks // 1920, ticks % 1920)
  end

  -- Quarter notes as a number: Beats are shown as QUARTERS:TICKS.
  local function quarters(value)
    local whole, ticks = value:str():match("^(-?%d+):(%d+)$")
    return tonumber(whole) + tonumber(ticks) / 1920
  end

  -- The tick (of ours) of the first bar line at `ticks` or after it, and the bar's number.
  local function bar_line(map, ticks)
    local there = map:bbt_at_beats(beats(ticks))
    local bar = there.bars
    if there.beats ~= 1 or there.ticks ~= 0 then bar = bar + 1 end
    local line = map:quarters_at_bbt(Temporal.BBT_TIME(bar, 1, 0))
    return math.floor(quarters(line) * TICKS_PER_QUARTER + 0.5), bar
  end

  local function bar_at(map, ticks) return map:bbt_at_beats(beats(ticks)).bars end

  -- The tick of the bar line before the playhead.
  local function cursor(map)
    local now = map:quarters_at_sample(Session:transport_sample())
    local bar = map:bbt_at_beats(now).bars
    local line = map:quarters_at_bbt(Temporal.BBT_TIME(bar, 1, 0))
    return math.floor(quarters(line) * TICKS_PER_QUARTER + 0.5)
  end

  -- The MIDI track of a name; made if there is none.
  local function track_named(name)
    local route = Session:route_by_name(name)
    if route:isnil() then
      local made = Session:new_midi_track(midi(), midi(), true, ARDOUR.PluginInfo(), nil, nil, 1,
        name, ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
      if made:size() == 0 then error("it makes no track " .. name .. ": add one by hand", 0) end
      return made:front()
    end
    local track = route:to_track()
    track = track:isnil() and track or track:to_midi_track()
    if track:isnil() then error("the track " .. name .. " is no MIDI track: rename it", 0) end
    return track
  end

  -- The end (tick of ours) of a region that covers a part of [first, last); nil if none does.
  local function taken(playlist, first, last)
    for region in playlist:region_list():iter() do
      local begin = region:position():ticks() / ARDOUR_TICKS
      local finish = (region:position() + region:length()):ticks() / ARDOUR_TICKS
      if begin < last and finish > first then return math.ceil(finish) end
    end
  end

  -- The first tick from `first` on at which `length` ticks are free in all playlists.
  local function free_place(map, playlists, first, length)
    local moved = true
    while moved do
      moved = false
      for _, playlist in ipairs(playlists) do
        local finish = taken(playlist, first, first + length)
        if finish then
          first, moved = bar_line(map, finish), true
        end
      end
    end
    return first
  end

  -- An empty MIDI region to copy. Ardour makes one for Lua only by a bounce: once a session, of a
  -- place that nobody uses. A bounce stops Ardour's audio for a moment.
  local function seed_of(track)
    local seed = seed_id and ARDOUR.RegionFactory.region_by_id(seed_id)
    if seed and not seed:isnil() and seed:name():find(SEED, 1, true) then return seed end
    seed = track:bounce_range(SEED_AT, SEED_AT + SEED_SAMPLES, ARDOUR.InterThreadInfo(),
      ARDOUR.LuaAPI.nil_proc(), false, SEED)
    if seed:isnil() then error("it makes no MIDI region: is the session writable?", 0) end
    seed_id = seed:to_stateful():id()
    return seed
  end

  -- Make the region to copy while nothing plays, if there is a MIDI track.
  local function prepare()
    if seed_id then return end
    for route in Session:get_tracks():iter() do
      local track = route:to_track():to_midi_track()
      if not track:isnil() then
        pcall(seed_of, track)
        return
      end
    end
  end

  -- A new empty MIDI region with a file of its own.
  local function new_region(track)
    local seed = seed_of(track)
    local region = ARDOUR.RegionFactory.clone_region(seed, true, true)
    if region:isnil() then error("it makes no MIDI region: is the session writable?", 0) end
    return region
  end

  local function fill(region, clip)
    local model = region:to_midiregion():model()
    local command = model:new_note_diff_command("Latent Bridge notes")
    for _, note in ipairs(clip.notes) do
      command:add(ARDOUR.LuaAPI.new_noteptr(
        clip.channel, beats(note.tick), beats(note.length), note.pitch, note.velocity))
    end
    model:apply_command(Session, command)
  end

  local function change(playlist, action)
    playlist:to_stateful():clear_changes()
    action()
    Session:add_stateful_diff_command(playlist:to_statefuldestructible())
  end

  local function print_clips(request)
    local map = Temporal.TempoMap.read()
    local length = math.tointeger(tonumber(request.length))
    local first = request.at == "cursor" and cursor(map) or math.tointeger(tonumber(request.at))
    local tracks, playlists = {}, {}
    for number, clip in ipairs(request.clips) do
      tracks[number] = track_named(clip.track)
      playlists[number] = tracks[number]:playlist()
    end
    first = free_place(map, playlists, math.max(first, 0), length)
    Session:begin_reversible_command("Latent Bridge print")
    local added, lines = {}, {}
    local done, why = pcall(function()
      local regions = {}
      for number, clip in ipairs(request.clips) do
        local region = new_region(tracks[number])
        region:set_name(request.name .. " " .. clip.track:gsub("^Latent Bridge ", ""))
        region:set_length(span(length, first))
        fill(region, clip)
        regions[number] = region
      end
      for number, region in ipairs(regions) do
        change(playlists[number], function()
          playlists[number]:add_region(region, place(first), 1, false)
        end)
        added[#added + 1] = { playlists[number], region }
        lines[#lines + 1] = "item " .. tracks[number]:to_stateful():id():to_s() .. " "
          .. region:to_stateful():id():to_s()
      end
    end)
    if not done then
      for _, pair in ipairs(added) do pair[1]:remove_region(pair[2]) end
      Session:abort_reversible_command()
      error(why, 0)
    end
    Session:commit_reversible_command(nil)
    local bars = bars_text(bar_at(map, first), bar_at(map, first + length - 1))
    table.insert(lines, 1, "where " .. bars)
    return lines
  end

  -- The playlist and the region of an item that was printed; an error if it has gone.
  local function printed(item)
    local route, id = item:match("^(%S+) (%S+)$")
    for track in Session:get_tracks():iter() do
      if track:to_stateful():id():to_s() == route then
        local playlist = track:to_track():playlist()
        for region in playlist:region_list():iter() do
          if region:to_stateful():id():to_s() == id then return { playlist, region } end
        end
      end
    end
    error("that print is no longer there: use Edit > Undo", 0)
  end

  local function undo(request)
    local found = {}
    for number, item in ipairs(request.items) do found[number] = printed(item) end
    Session:begin_reversible_command("Latent Bridge undo")
    for _, pair in ipairs(found) do
      change(pair[1], function() pair[1]:remove_region(pair[2]) end)
    end
    Session:commit_reversible_command(nil)
    return {}
  end

  local function position()
    if not Session:transport_rolling() then prepare() end
    local map = Temporal.TempoMap.read()
    local now = Temporal.timepos_t(Session:transport_sample())
    local meter, bbt = map:meter_at(now), map:bbt_at(now)
    local lines = {
      "playing " .. (Session:transport_rolling() and 1 or 0),
      "tempo " .. map:quarters_per_minute_at(now),
      "beat " .. quarters(map:quarters_at(now)),
      "bar " .. bbt.bars,
      "bar_beat " .. bbt.beats + bbt.ticks / 1920,
      "metre " .. meter:divisions_per_bar() .. " " .. meter:note_value(),
      "song " .. Session:name(),
    }
    local loop = Session:locations():auto_loop_location()
    if loop and Session:get_play_loop() then
      lines[#lines + 1] = "loop " .. quarters(map:quarters_at(loop:start())) .. " "
        .. quarters(map:quarters_at(loop:_end()))
    end
    return lines
  end

  local function markers()
    local map, lines = Temporal.TempoMap.read(), {}
    for location in Session:locations():list():iter() do
      if location:is_mark() and not location:is_session_range() then
        lines[#lines + 1] = "marker " .. quarters(map:quarters_at(location:start())) .. " "
          .. location:name()
      end
    end
    return lines
  end

  local verbs = { print = print_clips, undo = undo, position = position, markers = markers }
  return function()
    if Session then serve(verbs) end
  end
end
