namespace Flyball.Native.XGBoost;

/// <summary>
/// Checks a model file before the engine reads it. The engine trusts counts, child numbers and column numbers as they come,
/// so that a damaged or forged file would read foreign memory and end the process.
/// </summary>
internal static class XGBoostModelFile
{
    private const int MostColumns = 1 << 24;
    private const int MostOutputs = 1 << 16;

    public static void Check(ReadOnlySpan<byte> model)
    {
        try
        {
            if (model.IsEmpty) throw Damaged("it is empty");
            if (model[0] != '{') XGBoostLegacyFile.Check(model);
            else CheckDocument(model.Length > 1 && model[1] == 'L' ? XGBoostUbjReader.Read(model) : XGBoostJsonReader.Read(model));
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException)
        {
            throw Damaged($"its JSON is broken: {error.Message}");
        }
    }

    public static XGBoostException Damaged(string what) => new($"The file is not an XGBoost model, or a damaged one: {what}.");

    public static void CheckSizes(long columns, long outputs)
    {
        if (columns is < 0 or > MostColumns) throw Damaged($"it has {columns} columns");
        if (outputs is < 0 or > MostOutputs) throw Damaged($"it has {outputs} outputs");
    }

    /// <summary>One tree: what can be reached from the root stays inside the tree, is reached once, and splits on columns that exist.</summary>
    public static void CheckTree(long columns, ReadOnlySpan<int> left, ReadOnlySpan<int> right, ReadOnlySpan<int> parents, ReadOnlySpan<long> splits)
    {
        if (left.IsEmpty) throw Damaged("a tree has no nodes");
        var seen = new bool[left.Length];
        var open = new Stack<int>([0]);
        while (open.TryPop(out var node))
        {
            if (seen[node]) throw Damaged("a tree runs in circles");
            seen[node] = true;
            if (left[node] == -1 && right[node] == -1) continue;
            if (splits[node] < 0 || splits[node] >= columns) throw Damaged($"a tree splits on column {splits[node]} of {columns}");
            foreach (var child in (ReadOnlySpan<int>)[left[node], right[node]])
            {
                if (child <= 0 || child >= left.Length || parents[child] != node) throw Damaged($"a tree of {left.Length} nodes has no proper node {child}");
                open.Push(child);
            }
        }
    }

    private static void CheckDocument(ModelObject document)
    {
        var learner = document.Object("learner");
        if (document.Integers("version").Length != 3) throw Damaged("it has no version");
        var sizes = learner.Object("learner_model_param");
        var columns = sizes.Number("num_feature");
        var outputs = Math.Max(1, sizes.Number("num_class")) * Math.Max(1, sizes.Number("num_target", otherwise: 1));
        CheckSizes(columns, outputs);
        _ = learner.Object("objective").Text("name");
        foreach (var key in (string[])["feature_names", "feature_types"])
        {
            if (learner.Has(key) && learner.Strings(key) is { Length: > 0 } names && names.Length != columns) throw Damaged($"{key} has {names.Length} of {columns} entries");
        }

        learner.Object("attributes").RequireTexts();
        var booster = learner.Object("gradient_booster");
        switch (booster.Text("name"))
        {
            case "gbtree":
                CheckTrees(booster.Object("model"), columns, outputs);
                break;
            case "dart":
                var trees = CheckTrees(booster.Object("gbtree").Object("model"), columns, outputs);
                if (booster.Doubles("weight_drop").Length != trees) throw Damaged("weight_drop does not fit the trees");
                break;
            case "gblinear":
                if (booster.Object("model").Doubles("weights").Length != (columns + 1) * outputs) throw Damaged("the weights do not fit the columns");
                break;
            default:
                throw Damaged($"there is no booster {booster.Text("name")}");
        }
    }

    private static int CheckTrees(ModelObject model, long columns, long outputs)
    {
        var sizes = model.Object("gbtree_model_param");
        var trees = model.Objects("trees");
        if (sizes.Number("num_trees") != trees.Length) throw Damaged($"it has {trees.Length} trees of {sizes.Number("num_trees")}");
        if (sizes.Number("num_parallel_tree", otherwise: 1) is < 1 or > 1 << 20) throw Damaged("num_parallel_tree is out of range");
        if (sizes.Number("size_leaf_vector", otherwise: 0) is not (0 or 1)) throw Damaged("its leaves are vectors, which this version of the engine does not know");
        var groups = model.Integers("tree_info");
        if (groups.Length != trees.Length || groups.Any(group => group < 0 || group >= outputs)) throw Damaged("tree_info does not fit the trees");
        var ids = new HashSet<double>();
        foreach (var tree in trees)
        {
            // the engine puts each tree where its id says
            var id = tree.Whole("id");
            if (id < 0 || id >= trees.Length || !ids.Add(id)) throw Damaged($"it has no place for a tree {id}");
            CheckTree(tree, columns);
        }

        return trees.Length;
    }

    private static void CheckTree(ModelObject tree, long columns)
    {
        var sizes = tree.Object("tree_param");
        var nodes = sizes.Number("num_nodes");
        if (sizes.Number("num_feature") != columns) throw Damaged("a tree is for another number of columns");
        if (sizes.Number("size_leaf_vector") is not (0 or 1)) throw Damaged("its leaves are vectors, which this version of the engine does not know");
        foreach (var key in (string[])["base_weights", "loss_changes", "sum_hessian", "split_conditions", "default_left"])
        {
            if (tree.Doubles(key).Length != nodes) throw Damaged($"{key} does not fit the {nodes} nodes of a tree");
        }

        var left = tree.Integers("left_children");
        var right = tree.Integers("right_children");
        var parents = tree.Integers("parents");
        var splits = Array.ConvertAll(tree.Doubles("split_indices"), value => (long)value);
        // files of engines before categories have no such kinds
        var kinds = tree.Has("split_type") ? tree.Integers("split_type") : new int[left.Length];
        if (left.Length != nodes || right.Length != nodes || parents.Length != nodes || splits.Length != nodes || kinds.Length != nodes) throw Damaged("the arrays of a tree have different lengths");
        if (kinds.Any(kind => kind is not (0 or 1))) throw Damaged("a tree splits in an unknown way");
        CheckTree(columns, left, right, parents, splits);
        if (tree.Has("split_type")) CheckCategories(tree, kinds);
    }

    private static void CheckCategories(ModelObject tree, int[] kinds)
    {
        var categories = tree.Integers("categories");
        var nodes = tree.Integers("categories_nodes");
        var starts = tree.Integers("categories_segments");
        var sizes = tree.Integers("categories_sizes");
        if (nodes.Length != starts.Length || nodes.Length != sizes.Length) throw Damaged("the categories of a tree have different lengths");
        if (categories.Any(category => category is < 0 or > MostColumns)) throw Damaged("a category is out of range");
        for (var i = 0; i < nodes.Length; i++)
        {
            var ordered = i == 0 || nodes[i] > nodes[i - 1];
            if (!ordered || nodes[i] < 0 || nodes[i] >= kinds.Length || kinds[nodes[i]] != 1) throw Damaged("categories belong to no node");
            if (starts[i] < 0 || sizes[i] < 1 || (long)starts[i] + sizes[i] > categories.Length) throw Damaged("the categories of a node are not there");
        }

        if (kinds.Count(kind => kind == 1) != nodes.Length) throw Damaged("a node has no categories");
    }
}
